"""Ridge regression on what the student hears and on measured features: all of it ships with the project."""

from mer_core.models._ridge import Ridge


class StudentRidge(Ridge):
    """Windows are (N, 1154): see `parts`, in turn."""

    name = "student_ridge"
    parts = ("student_pooled", "student_embed", "handcrafted")
