/// A profile of the device `test` for each format of payloads, with as many of its features as have a place in it.
package enum FormatProfiles {
    private static let head = "profile: test\ntopic: test/{device}\n"

    package static let text =
        head + "format: text\nreadings: [ { quantity: water_level, unit: m, words: { \"dry\": 0 }, errors: [-999] } ]\n"

    package static let keyValue =
        head + "format: key_value\nreadings: [ { quantity: water_level, pointer: /level, unit: m, decimal: comma } ]\n"

    package static let csv =
        head + """
            format: csv
            columns: [at, level, bat]
            separator: ";"
            time: { pointer: /at, format: dd.MM.yyyy HH:mm:ss, zone: UTC }
            readings:
              - { quantity: water_level, pointer: /level, unit: m }
              - { quantity: battery_voltage, pointer: /bat, unit: V }

            """

    private static let fields = """
        format: binary
        fields:
          - { name: flags, type: u8 }
          - { when: "bit(flags, 0)", fields: [ { name: level, type: f32 }, { type: u16, bits: { a: 0..11, b: "12..15 signed" } } ] }
          - { when: "bit(flags, 1)", fields: [ { name: n, type: u8 }, { name: history, repeat: n, type: i24le } ] }
          - { when: "bit(flags, 2)", fields: [ { name: digits, type: bcd16 }, { name: word, type: text 4 }, { name: id, type: hex 2 } ] }
          - when: "bit(flags, 3)"
            fields:
              - choose: u8
                cases: { 0x01: [ { name: t, type: f16 } ], 0x02: [ { name: u, type: i64 }, { skip: 1 } ], 0x03: [ { at: -2, name: w, type: bf16 } ] }
                otherwise: skip 1
        readings:
          - { quantity: water_level, pointer: /level, unit: m, valid: a < 4000 }
          - { quantity: temperature, pointer: /t, unit: degC, value: x / b }
          - { quantity: rain, pointer: /digits, unit: mm, table: [[0, 0], [100, 1000]] }
          - { quantity: tilt_x, pointer: /u, unit: deg, scale: 0.001 }
          - { quantity: displacement, unit: mm, samples: { pointer: /history, every: 10m, order: newest_first } }

        """
    package static let binary = head + fields
    package static let uplink = head + "envelope: lorawan\nport: [1, 2]\n" + fields

    package static let senmlCBOR =
        head + "format: senml_cbor\nreadings: [ { quantity: temperature, record: t, unit: degC } ]\n"

    package static let sparkplug = """
        profile: test
        format: sparkplug
        topic: spBv1.0/g/DDATA/n/{device}
        readings:
          - { quantity: water_level, metric: Water/Level, unit: m }
          - { quantity: battery, metric: Battery, unit: "%", errors: [255] }

        """

    /// With `CALCULATION` in the place of one.
    package static let calculation =
        head + "readings: [ { quantity: water_level, pointer: /x, unit: m, value: CALCULATION } ]\n"
}
