"""How auto mode decides in the user's place: a deterministic stage, and a model that reviews the rest."""
