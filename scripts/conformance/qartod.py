#!/usr/bin/env python3
"""Writes series with the flags that the reference implementation of IOOS QARTOD gives them.

The reference is ioos_qc (https://github.com/ioos/ioos_qc). Each line of the output is a JSON object:

  name      what the series is
  test      the name of the test, as a profile has it
  settings  the settings of the test, as a profile has them, in the unit of the values
  interval  seconds between two readings; the reference takes it from the series itself
  times     seconds since 1970
  values    numbers, or null for missing ones
  flags     QARTOD's numbers, one for each value: 1 pass, 2 not evaluated, 3 suspect, 4 fail, 9 missing

The series are made ones, always the same for a --seed, and real recordings if a folder of them is given: CSV files,
whose names stand in recordings() below.
--small writes a choice of short series, which the project keeps as Tests/Conformance/qartod/series.jsonl.
"""

import argparse
import csv
import json
import math
import pathlib
import random
import sys
import warnings

import numpy
import pandas
from ioos_qc import argo, qartod

warnings.filterwarnings("ignore")


def nan(values):
    return numpy.array([math.nan if value is None else value for value in values], dtype=float)


def stamps(times):
    return numpy.array(times, dtype="datetime64[s]").astype("datetime64[ns]")


def median_interval(times):
    return float(numpy.median(numpy.diff(times))) if len(times) > 1 else 60.0


# MARK: the tests, each with settings as a profile has them and the call of the reference


def gross_range(times, values, settings):
    return qartod.gross_range_test(nan(values), settings["plausible"], settings.get("expected"))


def climatology(times, values, settings):
    periods = {"months": "month", "days": "dayofyear", "weeks": "week", "hours": "hour"}
    config = []
    for season in settings["seasons"]:
        key = next(key for key in periods if key in season)
        config.append({
            "tspan": season[key], "vspan": season["expected"], "fspan": season.get("plausible"),
            "period": periods[key]})
    return qartod.climatology_test(config, nan(values), stamps(times), nan([None] * len(values)))


def spike(times, values, settings):
    return qartod.spike_test(
        nan(values), settings.get("suspect"), settings.get("fail"), settings.get("method", "differential"))


def rate_of_change(times, values, settings):
    # The profile's limits are per hour.
    per_second = {key: settings[key] / 3600 for key in ("suspect", "fail") if key in settings}
    return qartod.rate_of_change_test(
        nan(values), stamps(times), per_second.get("suspect", math.inf), per_second.get("fail"))


def flat_line(times, values, settings):
    forever = 10**9
    return qartod.flat_line_test(
        nan(values), stamps(times), settings.get("suspect", forever), settings.get("fail", forever),
        settings["tolerance"])


def attenuated_signal(times, values, settings):
    return qartod.attenuated_signal_test(
        nan(values), stamps(times), settings.get("suspect", -math.inf), settings.get("fail", -math.inf),
        test_period=settings["within"], min_obs=settings["readings"],
        check_type={"range": "range", "deviation": "std"}[settings.get("measure", "range")])


def gap(times, values, settings):
    return qartod.time_gap_test(stamps(times), settings["seconds"] / 3600)


def duplicate(times, values, settings):
    return argo.duplicate_timestamp_test(stamps(times))


TESTS = {
    "gross_range": gross_range, "climatology": climatology, "spike": spike, "rate_of_change": rate_of_change,
    "flat_line": flat_line, "attenuated_signal": attenuated_signal, "gap": gap, "duplicate": duplicate,
}

# MARK: the series


def recordings(folder):
    """Real recordings, as (name, times, values)."""
    def seconds(text):
        return int(pandas.Timestamp(text).timestamp())

    def number(text):
        return float(text) if text not in ("", "NaN") else None

    def table(name, time, columns):
        path = folder / name
        if not path.exists():
            return
        with path.open() as file:
            rows = list(csv.DictReader(file))
        for column in columns or [column for column in rows[0] if column != time]:
            yield (f"{name} {column}", [seconds(row[time]) for row in rows], [number(row[column]) for row in rows])

    yield from table("river-dead-run-2018-06.csv", "time_utc", ["gage_height_ft", "discharge_ft3_per_s"])
    yield from table("machine-temperature-2013-2014.csv", "timestamp", ["value"])
    yield from table("water-level-kotzebue-2018-2019.csv", "time", ["sea_surface_height_above_sea_level"])
    for name, times, values in list(table("pm25-camp-fire-2018.csv", "time_utc", None))[:12]:
        yield name, times, values


def made(random, count):
    """A series with the faults that the tests look for."""
    interval = random.choice([1, 10, 60, 300, 900, 3600])
    size = random.choice([0.01, 1, 100])
    digits = random.choice([2, 4, 9])
    time = random.randrange(0, 2**31)
    level = random.uniform(-3, 3) * size
    times, values = [], []
    stuck = 0
    for index in range(count):
        time += interval
        if random.random() < 0.02:
            time += interval * random.randrange(1, 40)
        if random.random() < 0.01:
            time += random.randrange(0, interval)
        level += random.gauss(0, 0.05) * size
        if random.random() < 0.01:
            level += random.choice([-1, 1]) * size
        if stuck == 0 and random.random() < 0.01:
            stuck = random.randrange(3, 60)
        value = level + random.gauss(0, 0.02) * size
        if stuck > 0:
            stuck -= 1
            value = values[-1] if values and values[-1] is not None else level
            if random.random() < 0.3:
                value += random.gauss(0, 0.001) * size
        if random.random() < 0.02:
            value += random.choice([-1, 1]) * random.uniform(0.1, 3) * size
        times.append(time)
        values.append(None if random.random() < 0.02 else round(value, digits))
    return interval, size, times, values


def edges():
    """Short series that stand at the edges of the definitions."""
    minute = [60 * index for index in range(12)]
    yield "empty of news", minute, [1.0] * 12
    yield "one spike", minute, [0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0]
    yield "a step", minute, [0, 0, 0, 10, 10, 10, 10, 10, 10, 10, 10, 10]
    yield "to and fro", minute, [0, 10] * 6
    yield "a missing one beside a spike", minute, [0, 0, None, 10, 0, 0, 10, None, 0, 0, None, None]
    yield "missing at both ends", minute, [None, 0, 5, 0, 5, 0, 0, 0, 0, 0, 0, None]
    yield "just at the limits", minute, [0, 1, 0, 2, 0, 3, 0, 1, 2, 3, 2, 1]
    yield "a slow ramp", minute, [index / 100 for index in range(12)]
    yield "three readings", minute[:3], [0, 10, 0]
    yield "all missing", minute, [None] * 12
    yield "negative values", minute, [-1, -2, -1, -9, -1, -1, -1, -1, -1, -1, -1, -2]


def settings_for(test, random, size, interval, values):
    """Settings for which some readings pass, and others do not."""
    known = sorted(value for value in values if value is not None) or [0.0]

    def quantile(share):
        return known[min(int(share * len(known)), len(known) - 1)]

    pair = sorted(random.uniform(0.02, 1.5) * size for _ in range(2))
    both = {"suspect": pair[0], "fail": pair[1]}
    if random.random() < 0.2:
        del both[random.choice(["suspect", "fail"])]
    if test == "gross_range":
        plausible = [quantile(0.02), quantile(0.98)]
        inner = [quantile(0.2), quantile(0.9)]
        return {"plausible": plausible, **({"expected": inner} if random.random() < 0.8 else {})}
    if test == "climatology":
        kind, limits = random.choice(
            [("months", (1, 12)), ("days", (1, 366)), ("weeks", (1, 53)), ("hours", (0, 23))])
        seasons = []
        for _ in range(random.randrange(1, 4)):
            first, last = sorted(random.randint(*limits) for _ in range(2))
            seasons.append({
                kind: [first, last], "expected": [quantile(0.1), quantile(0.8)],
                **({"plausible": [quantile(0.03), quantile(0.97)]} if random.random() < 0.6 else {})})
        return {"seasons": seasons}
    if test == "spike":
        return {**both, "method": random.choice(["average", "differential"])}
    if test == "rate_of_change":
        return {key: value / interval * 3600 / 4 for key, value in both.items()}
    if test == "flat_line":
        counts = sorted(random.sample(range(2, 40), 2))
        tolerance = random.choice([1e-9, 0.0005, 0.002, 0.05, 0.2]) * size
        return {"suspect": counts[0] * interval, "fail": counts[1] * interval, "tolerance": tolerance}
    if test == "attenuated_signal":
        high, low = random.uniform(0.05, 0.4) * size, random.uniform(0.005, 0.05) * size
        count = random.randrange(4, 60)
        return {
            "suspect": high, "fail": low, "within": count * interval, "readings": random.randrange(2, count + 1),
            "measure": random.choice(["range", "deviation"])}
    if test == "gap":
        return {"seconds": interval * random.randrange(1, 6)}
    return {}


def write(name, test, settings, interval, times, values):
    # Recordings have times that go back. Tocsin's tests that look back are not applied to such readings, and the
    # reference takes no series with them. Two readings at one time have no rate.
    pairs, newest = [], -math.inf
    for time, value in zip(times, values):
        if time > newest or time == newest and test == "duplicate":
            pairs.append((time, value))
            newest = time
    times, values = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if test in ("gap", "duplicate"):
        # These tests look at times only, and a missing value has none here.
        pairs = [(time, value) for time, value in zip(times, values) if value is not None]
        if len(pairs) < 3:
            return 0
        times, values = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    flags = TESTS[test](times, values, settings)
    print(json.dumps({
        "name": name, "test": test, "settings": settings, "interval": interval, "times": times, "values": values,
        "flags": [int(flag) for flag in numpy.ma.filled(flags, 9)]}))
    return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, help="a folder of recordings")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--series", type=int, default=240, help="how many made series (default: 240)")
    parser.add_argument("--small", action="store_true")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    written = 0
    if arguments.data:
        for name, times, values in recordings(arguments.data):
            interval = median_interval(times)
            known = [value for value in values if value is not None]
            size = float(numpy.std(known)) or 1.0
            for test in TESTS:
                settings = settings_for(test, chance, size, interval, values)
                written += write(name, test, settings, interval, times, values)
    for name, times, values in edges():
        for test in TESTS:
            if test in ("gap", "duplicate") and len([value for value in values if value is not None]) < 3:
                continue
            for variant in range(3):
                settings = settings_for(test, chance, 1.0, 60.0, values)
                written += write(f"{name}, {variant}", test, settings, 60.0, times, values)
    for index in range(24 if arguments.small else arguments.series):
        test = list(TESTS)[index % len(TESTS)]
        interval, size, times, values = made(chance, 60 if arguments.small else 1500)
        interval = median_interval(times)
        settings = settings_for(test, chance, size, interval, values)
        written += write(f"made {index}", test, settings, interval, times, values)
    print(f"{written} series", file=sys.stderr)


if __name__ == "__main__":
    main()
