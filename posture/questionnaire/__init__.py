"""The workbook in which officers answer: written from what is asked, read back with all mistakes at once."""
