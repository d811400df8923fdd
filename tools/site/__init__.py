"""What the site has beside the pages of docs/: it is made when the site is built, and not kept."""
