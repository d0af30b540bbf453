"""The screen: the only part of nlsniff that imports textual."""
