"""Deep belief networks on rhythm and melody: an ellipse in the valence-arousal plane for each second (paper 5)."""

from mer_core.models._dbn import BeatModel


class DeepBeliefNetwork(BeatModel):
    """Percussion timbre and pitch of four successive beats at a time, by one network each."""

    name = "dbn"
