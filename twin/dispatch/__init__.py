"""``regie dispatch plan``: a problem document in, a plan out, as figures, as a table in words, as a page."""
