"""The interactive dashboard, with a what-if panel that runs the model."""
