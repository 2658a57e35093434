# make demo and make test install what they need: see scripts/setup.
PYTHON ?= python3
export PYTHON

.PHONY: demo test lab lint types wheel docs bench clean

demo:
	@scripts/setup demo
	@.venv/bin/posture demo -o posture-demo

test:
	@scripts/setup test
	.venv/bin/pytest -n auto --dist loadgroup

# Real servers in network namespaces, weak and hardened: what was planted, found and missed. As root; writes docs/truth.md.
lab:
	@scripts/setup test
	PYTHONPATH=tests .venv/bin/python -m lab.truth

lint:
	@scripts/setup test
	.venv/bin/ruff check
	.venv/bin/ruff format --check

types:
	@scripts/setup test
	.venv/bin/mypy

# The wheel, built and used in an environment that has nothing of this checkout.
wheel:
	@scripts/setup test
	@scripts/try-wheel

# The reference pages are made from the code; --check says whether they are as made.
docs:
	@scripts/setup test
	.venv/bin/python docs/build.py $(DOCS)

bench:
	@scripts/setup test
	@for script in bench/*.py; do .venv/bin/python $$script; done

clean:
	rm -rf .venv dist build posture-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
