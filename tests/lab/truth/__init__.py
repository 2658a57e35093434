"""The labs in which every check is measured: what was planted, and what an audit found."""
