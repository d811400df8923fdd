"""What is claimed: grammars, their exact laws, and the predictions of the papers."""
