"""The workbook: safe sheets (`sheet`, `book`), tables (`columns` and their rows), pages of free form, and colours."""
