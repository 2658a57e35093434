"""Who may reach whom: what the hospital declares, what scans from each zone prove, and what crosses all the same."""
