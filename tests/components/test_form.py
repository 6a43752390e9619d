"""The form of a parameter dataclass: defaults untouched give the defaults, a change gives the change."""

from streamlit.testing.v1 import AppTest

from mer_core.explainers.lrp import LrpParams
from mer_core.sonify import CURVES, SIGN_WORDS, SOURCE_WORDS, SonifyParams


def lrp():
    import streamlit as st

    from components.form import form
    from mer_core.explainers.lrp import LrpParams
    st.session_state["made"] = form(LrpParams, "lrp")


def sonify():
    import streamlit as st

    from components.form import form
    from mer_core.sonify import SonifyParams
    st.session_state["made"] = form(SonifyParams, "s", skip=("complement",))


def test_untouched_it_gives_the_defaults():
    for script, cls in ((lrp, LrpParams), (sonify, SonifyParams)):
        app = AppTest.from_function(script, default_timeout=30).run()
        assert not app.exception and app.session_state["made"] == cls()


def shown(app):
    return {widget.key.removeprefix("s-") for widget in [*app.selectbox, *app.number_input]}


def test_choices_and_numbers_reach_the_parameters():
    app = AppTest.from_function(sonify, default_timeout=30).run()
    app.selectbox(key="s-curve").set_value("binary")
    app.number_input(key="s-strength_db").set_value(60.0)
    app.run()
    assert app.session_state["made"] == SonifyParams(curve="binary", strength_db=60.0)


def test_a_choice_is_said_in_words():
    app = AppTest.from_function(sonify, default_timeout=30).run()
    assert app.selectbox(key="s-curve").options == ["squared, as in the paper", *CURVES[1:]]
    assert app.selectbox(key="s-sign").options == list(SIGN_WORDS.values())
    assert app.selectbox(key="s-source").options == list(SOURCE_WORDS.values())
    assert "not hide the others" in app.number_input(key="s-full").help


def test_only_the_fields_of_the_chosen_curve_are_shown():
    app = AppTest.from_function(sonify, default_timeout=30).run()
    always = {"source", "curve", "strength_db", "sign", "smooth_s", "smooth_bands"}
    for curve, own in (("squared", {"full"}), ("linear", {"full"}), ("soft knee", {"keep", "knee"}), ("binary", {"keep"})):
        app.selectbox(key="s-curve").set_value(curve).run()
        assert shown(app) == always | own
    app.number_input(key="s-keep").set_value(0.5).run()
    assert app.session_state["made"].keep == 0.5
    app.selectbox(key="s-curve").set_value("linear").run()
    assert app.session_state["made"] == SonifyParams(curve="linear")  # what is not shown has its default


def test_ranges_of_the_dataclass_bound_the_fields():
    app = AppTest.from_function(lrp, default_timeout=30).run()
    gamma = app.number_input(key="lrp-gamma")
    assert (gamma.min, gamma.max) == (0.0, 10.0)


def test_skipped_fields_are_not_asked():
    app = AppTest.from_function(sonify, default_timeout=30).run()
    assert not app.toggle and not app.checkbox
