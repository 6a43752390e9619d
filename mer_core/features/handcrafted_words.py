"""Name, unit, family and a sentence for a listener for each handcrafted value, in the order they are computed."""

from mer_core.features import chroma
from mer_core.features.frames import CONTRAST_EDGES, INTERVALS, MEL, N_MFCC
from mer_core.schema import FeatureInfo

SCALARS = ("tempo", "pulse_clarity", "pulse_clarity_low", "onset_rate", "modulation_1", "modulation_2", "modulation_3",
           "modulation_4", "level_range", "quiet_share", "key_clarity", "majorness",
           *(f"degree_{k}" for k in range(12)))
DEGREES = ("root", "minor second", "major second", "minor third", "major third", "fourth", "tritone", "fifth",
           "minor sixth", "major sixth", "minor seventh", "major seventh")


def _hertz(value: float) -> str:
    return f"{value / 1000:.1f} kHz" if value >= 1000 else f"{value:.0f} Hz"


def _timbre_rows():
    yield ("mfcc_1", "dB", "level", "cepstral coefficient 1",
           "the loudness summed over all bands; high for loud, full sound")
    yield ("mfcc_2", "dB", "timbre", "cepstral coefficient 2",
           "low against high frequencies; high for dark, low for bright sound")
    for i in range(3, N_MFCC + 1):
        waves = f"{(i - 1) / 2:.1f} waves"
        yield (f"mfcc_{i}", "dB", "timbre", f"cepstral coefficient {i}",
               f"how strongly the spectrum rises and falls in {waves} from bass to treble; "
               + ("the broad colour of the sound" if i < 14 else "fine detail such as separate overtones"))


def _spectrum_rows():
    for i, name in enumerate(chroma.NAMES):
        yield f"chroma_{i + 1}", "0 to 1", "harmony", f"pitch class {name}", f"how strongly {name} sounds in any octave"
    for i, centre in enumerate(MEL.grid(1).freqs):
        yield f"mel_{i + 1}", "dB", "timbre", f"mel band {i + 1}", f"how loud the sound is around {_hertz(centre)}"
    for i, (low, high) in enumerate(zip(CONTRAST_EDGES, CONTRAST_EDGES[1:])):
        yield (f"contrast_{i + 1}", "dB", "timbre", f"spectral contrast, band {i + 1}",
               f"how far peaks stand out from valleys between {_hertz(low)} and {_hertz(high)}; "
               "high for clear tones, low for noise")
    circles = ("fifths", "minor thirds", "major thirds")
    for i in range(6):
        yield (f"tonnetz_{i + 1}", "-1 to 1", "harmony", f"tonal centroid {i + 1}",
               f"where the harmony stands on the circle of {circles[i // 2]}, {('across', 'upwards')[i % 2]}")


def _extra_rows():
    yield "level", "dB", "level", "level", "how loud the sound is against full scale"
    yield ("centroid", "octaves", "timbre", "brightness",
           "the middle of the spectrum, in octaves above 20 Hz; high for bright sound")
    yield "bandwidth", "octaves", "timbre", "bandwidth", "how widely the sound spreads around its middle frequency"
    yield "rolloff", "octaves", "timbre", "roll-off", "below which 85 % of the power lies, in octaves above 20 Hz"
    yield "flatness", "dB", "timbre", "flatness", "how even the spectrum is; high for noise, low for tones"
    yield "low_share", "0 to 1", "timbre", "bass share", "the share of the power below 150 Hz"
    yield "high_share", "0 to 1", "timbre", "brilliance share", "the share of the power above 4 kHz"
    yield "zcr", "0 to 1", "timbre", "zero crossings", "how often the wave changes sign; high for hiss and cymbals"
    yield ("percussive_share", "0 to 1", "rhythm", "percussive share",
           "the share of short, noisy strokes against held tones")
    yield "onset", "dB a frame", "rhythm", "onset strength", "how sharply sounds begin; high for accented playing"
    yield ("onset_low", "dB a frame", "rhythm", "bass onset strength",
           "how sharply sounds below 200 Hz begin, such as a kick drum")
    yield ("onset_high", "dB a frame", "rhythm", "treble onset strength",
           "how sharply sounds above 4 kHz begin, such as a hi-hat")
    for name, word in zip(INTERVALS, ("minor seconds or major sevenths", "major seconds or minor sevenths",
                                      "minor thirds or major sixths", "major thirds or minor sixths",
                                      "fourths or fifths", "tritones")):
        yield (name, "0 to 1", "harmony", f"interval: {name.replace('_', ' ')}",
               f"how much sounds together in {word}")
    yield ("chord_major", "-1 to 1", "harmony", "major over minor chords",
           "how much better major triads fit than minor ones")
    yield ("chord_clarity", "0 to 1", "harmony", "chord clarity",
           "how well the best triad fits; low for clusters and noise")
    yield "tonal_change", "distance", "harmony", "harmonic change", "how far the harmony moves within a second"
    yield ("chroma_entropy", "bits", "harmony", "pitch variety",
           "over how many pitch classes the sound spreads; high for dense or noisy sound")


def _scalar_rows():
    yield "tempo", "beats a minute", "rhythm", "tempo", "the tempo listeners are most likely to tap"
    yield ("pulse_clarity", "0 to 1", "rhythm", "pulse clarity",
           "how clearly one pulse stands out; high for a steady beat")
    yield "pulse_clarity_low", "0 to 1", "rhythm", "bass pulse clarity", "how clearly the pulse stands out below 200 Hz"
    yield "onset_rate", "onsets a second", "rhythm", "onset rate", "how many sounds begin in a second"
    for i, word in enumerate(("0.5 to 1.5", "1.5 to 3", "3 to 6", "6 to 12")):
        yield (f"modulation_{i + 1}", "0 to 1", "rhythm", f"accents at {word} Hz",
               f"the share of the accents that recur {word} times a second")
    yield "level_range", "dB", "level", "level range", "from the quietest to the loudest twentieth of the time"
    yield ("quiet_share", "0 to 1", "level", "share of quiet time",
           "how much of the time is more than 3 dB under the mean level")
    yield "key_clarity", "-1 to 1", "harmony", "key clarity", "how well the pitch classes fit the best key"
    yield ("majorness", "-1 to 1", "harmony", "major over minor key",
           "how much better the best major key fits than the best minor key")
    for k, degree in enumerate(DEGREES):
        yield (f"degree_{k}", "0 to 1", "harmony", f"scale degree: {degree}",
               f"how much of the sound is the {degree} of the key")


def _pair(name: str, unit: str, family: str, title: str, text: str):
    yield FeatureInfo(f"{name}_mean", unit, family, f"{title}, on average: {text}.")
    yield FeatureInfo(f"{name}_std", unit, family,
                      f"{title}, variation over time: {text}; high where this changes a lot.")


INFO: tuple[FeatureInfo, ...] = (
    *(info for rows in (_timbre_rows(), _spectrum_rows(), _extra_rows()) for row in rows for info in _pair(*row)),
    *(FeatureInfo(name, unit, family, f"{title}: {text}.") for name, unit, family, title, text in _scalar_rows()))
BY_NAME = {info.name: info for info in INFO}
