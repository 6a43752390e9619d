"""The form of a parameter dataclass: defaults untouched give the defaults, a change gives the change."""

from streamlit.testing.v1 import AppTest

from mer_core.explainers.lrp import LrpParams
from mer_core.sonify import CURVES, SIGNS, SonifyParams


def lrp():
    import streamlit as st

    from components.form import form
    from mer_core.explainers.lrp import LrpParams
    st.session_state["made"] = form(LrpParams, "lrp")


def sonify():
    import streamlit as st

    from components.form import form
    from mer_core.sonify import CURVES, SIGNS, SonifyParams
    st.session_state["made"] = form(SonifyParams, "s", {"curve": CURVES, "sign": SIGNS}, skip=("complement",))


def test_untouched_it_gives_the_defaults():
    for script, cls in ((lrp, LrpParams), (sonify, SonifyParams)):
        app = AppTest.from_function(script, default_timeout=30).run()
        assert not app.exception and app.session_state["made"] == cls()


def test_choices_and_numbers_reach_the_parameters():
    app = AppTest.from_function(sonify, default_timeout=30).run()
    assert app.selectbox(key="s-curve").options == list(CURVES) and app.selectbox(key="s-sign").options == list(SIGNS)
    app.selectbox(key="s-curve").set_value("binary")
    app.number_input(key="s-strength_db").set_value(60.0)
    app.run()
    assert app.session_state["made"] == SonifyParams(curve="binary", strength_db=60.0)


def test_ranges_of_the_dataclass_bound_the_fields():
    app = AppTest.from_function(lrp, default_timeout=30).run()
    gamma = app.number_input(key="lrp-gamma")
    assert (gamma.min, gamma.max) == (0.0, 10.0)


def test_skipped_fields_are_not_asked():
    app = AppTest.from_function(sonify, default_timeout=30).run()
    assert not app.toggle and not app.checkbox
