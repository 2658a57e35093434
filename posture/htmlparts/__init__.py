"""What the HTML report's templates walk through, part by part. Pure: an assessment in, lists and counts out."""
