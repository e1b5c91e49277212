/// Files for the tests of the editors' schemas.
enum SchemaExamples {
    /// Profiles that have, together with those that ship, every key.
    static let profiles = [
        """
        profile: every-key
        summary: Keys that no shipped profile has
        source: [a manual, a page]
        topic: d/{device}
        envelope:
          { bytes: /b, encoding: hex, object: /o, port: /p, counter: /n, time: /t, time_format: uptime, wraps: 65536,
            receptions: /g, rssi: /r, snr: /s }
        port: [1, 2]
        format: binary
        endian: little
        length: [4, 8]
        encoding: raw
        checksum: { kind: sum8, at: -1 }
        fields:
          - { name: a, type: u16le, bits: { low: 0..3, high: 4, sign: "5..9 signed" }, only: [0x01, 2], at: 0 }
          - { when: a == 1, fields: { name: b, type: f32sw } }
          - { name: c, repeat: 2, fields: [ { name: d, type: u8 } ] }
          - { choose: u8, cases: { 0x01: [ { skip: 2 } ], 0x02: { skip: rest } }, otherwise: skip rest, repeated: no }
        interval: 5m
        silence: 10 min
        clock: { ahead: 1m, behind: 2h }
        parameters: { flood_stage: 3.2 m }
        readings:
          - quantity: water_level
            pointer: /a
            unit: mm
            kind: state
            plausible: 0 m .. 3 m
            accuracy: 1 cm
            silence: 1h
          - { quantity: rain_total, pointer: /low, counter: { wraps: 65536, resolution: 0.2 mm, max_rate: 150 mm/h } }
          - { quantity: link_rssi, link: rssi, unit: dBm }
        vectors:
          - { what: bytes, topic: d/x, base64: AAAA, port: 3, arrival: "2026-01-01T00:00:00Z", gives: nothing }
        """,
        """
        profile: keys-of-json
        topic: d/{device}
        device: { member_of: /all }
        items: /items
        time: { pointer: /t, format: dd.MM.yy HH:mm, zone: +01:00 }
        sequence: { pointer: /n, wraps: 65536 }
        repeats: ignored
        readings:
          - { quantity: level, pointer: /v, unit: m, unit_at: /u, part: 2, separator: ",", errors: [99, none] }
          - { quantity: door, pointer: /d, unit: 1, words: { "open": 1, 0: 0 }, decimal: comma, valid: ok == 1 }
          - { quantity: flow, pointer: /f, unit: m3/s, scale: 0.1, offset: "-2", value: x * 2, table: [[0, 0], [1, 2]] }
          - { quantity: head, pointer: /h, unit: m, table: { points: [[0, 0], [1, 2]], outside: ends } }
          - quantity: water_level
            pointer: /w
            quality:
              expected: 0 m .. 3 m
              climatology:
                - { months: 11 .. 3, expected: 0 m .. 3 m, plausible: 0 m .. 5 m }
                - { days: 1 .. 366, expected: 0 m .. 3 m }
                - { weeks: 53, expected: 0 m .. 3 m }
                - { hours: 0 .. 23, expected: 0 m .. 3 m }
              spike: { suspect: 20 cm, fail: 1 m, method: average }
              rate_of_change: { suspect: 1 m/h, fail: 20 m/h }
              flat_line: { suspect: 6h, fail: 12h, tolerance: 1 mm, except: 0 m }
              attenuated_signal: { within: 1d, suspect: 2 cm, fail: 1 cm, measure: deviation, readings: 20 }
              gap: 30m
              timeliness: 15m
              duplicate: true
          - { quantity: latitude, pointer: /lat }
          - { quantity: longitude, pointer: /lon }
          - { quantity: tilt_x, samples: { pointer: /x, rate: /rate, time: first, order: newest_first } }
          - { quantity: tilt_y, samples: { pointer: /y, every: 10m } }
        vectors:
          - { key: x, payload: "{}", before: { topic: d/y, payload: "{}" }, problem: false, gives: nothing }
        """,
        """
        profile: keys-of-messages
        topic: d/{device}
        availability: { topic: ~/online, pointer: /state, online: [up, true], offline: down }
        messages:
          - topic: ~/a
            format: csv
            columns: [t, ""]
            separator: tab
            readings: { quantity: temperature, pointer: /t }
          - { topic: ~/b, format: senml, readings: [ { quantity: humidity, record: h } ] }
          - { topic: ~/c, device: /id, sequence: /n, readings: [ { quantity: pressure, pointer: /p } ] }
          - { topic: ~/f, time: { pointer: /d, format: unix, value: "days(y, m, d) * 86400" }, readings: [ { quantity: oxygen, pointer: /o } ] }
          - topic: ~/d
            time: { pointer: /t, format: uptime_ms, wraps: 4294967296 }
            readings: [ { quantity: methane, pointer: /m } ]
          - topic: ~/e
            envelope: { bytes: /b, time: /t, time_format: local, zone: site }
            port: 3
            format: binary
            endian: big
            length: 2
            encoding: raw
            checksum: xor8
            fields: [ { name: level, type: i8 } ]
            readings: [ { quantity: battery, pointer: /level } ]
        vectors:
          - { topic: d/x/e, hex: "0000", gives: nothing, before: [ { topic: d/x/e, base64: AAA=, port: 3 } ] }
        """,
        """
        profile: keys-of-sparkplug
        topic: spBv1.0/{group}/DDATA/{node}/{device}
        format: sparkplug
        readings: [ { quantity: water_level, metric: Level } ]
        """,
    ]

    /// An inventory with every key, for the first of the profiles.
    static let inventory = """
        site: here
        time_zone: Europe/Berlin
        labels: { authority: county, floor: 3 }
        parameters: { freeboard: 50 cm, count: 3 }
        parameters_file: stages.csv
        devices:
          - id: d1
            profile: every-key
            kind: gauge
            station: bridge
            area: de/hamburg
            labels: { owner: county }
            position: { latitude: 53.5, longitude: 10, elevation: 6 }
            interval: 5m
            silence: 20m
            clock: { ahead: 1m, behind: 2h }
            topic: d/d1
            key: "17"
            quantities: [water_level, rain_total]
            units: { water_level: cm }
            plausible: { water_level: 0 m .. 3 m }
            accuracy: { water_level: 1 cm }
            counter: { rain_total: { wraps: 4096, resolution: 0.2 mm, max_rate: 60 mm/h } }
            scale: { water_level: 1.04 }
            offset: { water_level: -0.3 m }
            datum: { water_level: 71.24 m }
            calibration:
              water_level: { date: 2026-03-01, due: 2027-03-01 }
              rain_total: { date: 2026-05-20, every: 365d }
            maintenance: being calibrated
            parameters: { flood_stage: 3.2 m }
            quality:
              water_level:
                expected: 0 m .. 2 m
                climatology: { months: 6 .. 9, expected: 0 m .. 1 m, plausible: 0 m .. 3 m }
                spike: { suspect: 20 cm, fail: 1 m, method: differential }
                rate_of_change: { suspect: 1 m/h, fail: 20 m/h }
                flat_line: { suspect: 6h, fail: 12h, tolerance: 1 mm, except: 0 m }
                attenuated_signal: { within: 1d, suspect: 2 cm, fail: 1 cm, measure: range, readings: 20 }
                gap: 30m
                timeliness: none
                duplicate: false
          - { id: d2, profile: every-key, silence: { water_level: 26h }, maintenance: { water_level: new cell } }
          - { id: d3, profile: every-key, counter: { rain_total: true }, calibration: { due: 2027-03-01 } }
          - id: d4
            profile: keys-of-json
            maintenance:
              - { days: [mon, thu], from: "02:00", to: "02:30", except: [2026-12-24], reason: zero check }
              - { begin: 2027-03-01 08:00, end: 2027-03-01 12:00, quantities: [water_level], reason: calibration }
            position: { latitude: 53.5, longitude: 10, within: 200 m }
            quality:
              water_level:
                climatology:
                  - { days: 1 .. 200, expected: 0 m .. 3 m }
                  - { weeks: 1 .. 9, expected: 0 m .. 3 m }
                  - { hours: 0 .. 5, expected: 0 m .. 3 m }
        neighbours:
          - { quantity: water_level, devices: [d2, d3], suspect: 5 cm, fail: 1 m, within: 10m, trust: { d2: 2 } }
        """

    /// Files with one mistake each, with the name of their schema.
    static let mistakes: [(name: String, text: String)] =
        (mistakesOfReadings.map { "profile: p\ntopic: t/{device}\nreadings: [ { \($0) } ]" }
        + mistakesOfProfiles.map { "profile: p\ntopic: t/{device}\n\($0)" }).map { ("profile", $0) }
        + mistakesOfDevices.map { ("inventory", "site: s\ndevices: [ { id: a, profile: p, \($0) } ]") }
        + ["devices: []", "site: s\ntimezone: UTC", "site: s\ndevices: [ { id: a } ]"].map { ("inventory", $0) }

    private static let mistakesOfReadings = [
        "quantity: rain, pointr: /r", "pointer: /r", "quantity: rain, pointer: r",
        "quantity: rain, pointer: /r, unit: mn",
        "quantity: rain, pointer: /r, plausible: 12", "quantity: rain, pointer: /r, counter: { wrap: 3 }",
        "quantity: rain, pointer: /r, counter: maybe", "quantity: rain, pointer: /r, table: [[1]]",
        "quantity: rain, pointer: /r, scale: much", "quantity: rain, pointer: /r, silence: 5",
        "quantity: rain, samples: { pointer: /x }", "quantity: rain, pointer: /r, kind: level",
    ]

    private static let mistakesOfProfiles =
        [""]
        + [
            "interval: 5 parsecs", "interval: 300", "format: xml", "time: { pointer: /t, format: iso }",
            "endian: middle",
            "fields: [ { name: a, type: u17 } ]", "fields: [ { name: a } ]", "port: 300", "checksum: { kind: crc9 }",
            "device: { member: /x }", "parameters: { a: high }", "vectors: [ { payload: x } ]",
            "vectors: [ { gives: nothing } ]", "vectors: [ { payload: x, gives: none } ]",
            "vectors: [ { payload: x, gives: nothing, before: [ { topic: a } ] } ]",
            "messages: [ { topic: a, readings: [ { quantity: rain, pointer: /r } ] } ]",
        ].map { "readings: [ { quantity: rain, pointer: /r } ]\n\($0)" }

    private static let mistakesOfDevices = [
        "sillence: 3m", "silence: 3", "position: { latitude: 95, longitude: 0 }", "position: { latitude: 5 }",
        "units: { rain: [mm] }", "calibration: { due: soon }", "calibration: { date: 2026-01-01 }",
        "calibration: { rain: { due: tomorrow } }", "counter: { rain: { max: 3 } }", "quantities: { rain: 1 }",
        "clock: 1m", "offset: { rain: a bit }", "topic: a/+/b", "maintenance: [x]",
    ]
}
