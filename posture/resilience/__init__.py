"""What the hospital would lose, and how it carries on: clinical services, downtime, the reach of ransomware. Pure."""
