import Devices
import Diagnostics
import Telemetry
import TestSupport
import Testing

/// Numbers of the inventory that rules use, with the table that they may stand in.
@Suite struct ParameterTests {
    private static func site(_ inventory: String, table: String? = nil, profile: String = SmallSite.profile) throws
        -> Site
    {
        try Site.read(
            inventory: SourceFile(name: "site.yaml", text: inventory),
            profiles: [SourceFile(name: "test.yaml", text: profile)]
        ) { path throws(DiagnosticList) in
            guard let table, path == "stages.csv" else { return try Site.noFile(path) }
            return SourceFile(name: path, text: table)
        }
    }

    private static func text(_ parameters: [String: Amount]) -> String {
        parameters.sorted { $0.key < $1.key }.map {
            "\($0.key) \(NumberText.short($0.value.number)) \($0.value.unit?.symbol ?? "-")"
        }.joined(separator: ", ")
    }

    private static let inventory = """
        site: s
        parameters: { freeboard: 50 cm, bankfull: 1 m, steps: 3 }
        parameters_file: stages.csv
        devices:
          - { id: g1, profile: test }
          - { id: g2, profile: test, parameters: { bankfull: 8 ft } }

        """

    @Test("a device's own value comes before the table's, that before the site's, and that before the profile's")
    func precedence() throws {
        let site = try Self.site(
            Self.inventory, table: "device,flood_stage [m],bankfull [m]\ng1,2.95,2.1\ng2,11 ft,9\n")
        #expect(
            Self.text(site.devices[0].parameters)
                == "bankfull 2.1 m, flood_stage 2.95 m, freeboard 50 cm, steps 3 ")
        #expect(
            Self.text(site.devices[1].parameters)
                == "bankfull 8 ft, flood_stage 11 ft, freeboard 50 cm, steps 3 ")
        let plain = try Self.site("site: s\ndevices: [ { id: g1, profile: test } ]\n")
        #expect(Self.text(plain.devices[0].parameters) == "bankfull 2.4 m, flood_stage 3.2 m")
    }

    @Test(
        "a table is read as spreadsheets write it",
        arguments: [
            "device,flood_stage [m]\r\ng1,2.5\r\ng2,3.5\r\n",
            "\u{feff}device;flood_stage (m)\ng1;2,5\ng2;3.5\n",
            "device\tflood_stage\ng1\t2,5 m\n\ng2\t\"350 cm\"\n\n",
            "device,flood_stage [m],\"bankfull [m]\"\n \"g1\" , 2.5 ,\ng2,3.5\n",
        ])
    func spreadsheets(table: String) throws {
        let site = try Self.site(Self.inventory, table: table)
        let values = site.devices.compactMap { $0.parameters["flood_stage"] }.map { amount in
            amount.number * (amount.unit ?? .one).scale
        }
        #expect(values == [2.5, 3.5])
    }

    @Test(
        "what a table can get wrong is said with its row",
        arguments: [
            ("gauge,flood_stage\n", "stages.csv:1:1: error: the first column of a table of parameters is 'device'"),
            ("device,flood stage\n", "stages.csv:1:1: error: a parameter's name is letters, digits and '_'"),
            ("device,a [m],a\n", "stages.csv:1:1: error: two columns have the name 'a'"),
            ("device,a [parsec]\n", "stages.csv:1:1: error: 'parsec' is not a unit"),
            (
                "device,a\ng1,high\n",
                "stages.csv:2:1: error: 'a' of 'g1' is a number, alone or with its unit; got 'high'"
            ),
            ("device,a\n\ng1,1\ng1,2\n", "stages.csv:4:1: error: there are two rows 'g1'"),
            ("device,a\ng1,1\ng3,1\n", "stages.csv:3:1: error: there is no device 'g3' in the inventory"),
            ("device,a\ng1,2,5\n", "stages.csv:2:1: error: this row has more cells than the table has columns"),
            ("device,a\n,2\n", "stages.csv:2:1: error: this row does not name its device"),
            (
                "device;a\ng1;2,950\n",
                "stages.csv:2:1: error: 'a' of 'g1' is '2,950', which can be decimals or thousands"
            ),
            ("device,a\r\ng1,1\r\ng2,high\r\n", "stages.csv:3:1: error: 'a' of 'g2' is a number"),
            ("device,a\ng1,\"2\n", "stages.csv:1:1: error: this is not a CSV file"),
        ])
    func tableMistakes(table: String, expected: String) {
        #expect(throws: DiagnosticList.self) { try Self.site(Self.inventory, table: table) }
        do { _ = try Self.site(Self.inventory, table: table) } catch {
            #expect("\(error)".contains(expected), "\(error)")
        }
    }

    @Test(
        "what an inventory can get wrong",
        arguments: [
            ("parameters: { flood stage: 3 m }", "letters, digits and '_'"),
            ("parameters: { flood_stage: high }", "'flood_stage' is a number with its unit, such as 3.2 m; got 'high'"),
            ("parameters: { flood_stage: 3 parsec }", "got '3 parsec'"),
            ("parameters_file: other.csv", "site.yaml:3:18: error: there is no file other.csv"),
            (
                "parameters: { flood_stage: 3 kg }\ndevices: [ { id: a, profile: test, parameters: { flood_stage: 1 m } }, { id: b, profile: test } ]",
                "the parameter 'flood_stage' is length for 'a' and mass for 'b'"
            ),
        ])
    func mistakes(keys: String, expected: String) {
        let devices = keys.contains("devices") ? "" : "devices: [ { id: a, profile: test } ]\n"
        do {
            _ = try Self.site("site: s\n" + devices + keys + "\n")
            Issue.record("no mistake was found")
        } catch { #expect("\(error)".contains(expected), "\(error)") }
    }
}

/// What one device's readings are corrected by, and when it must be calibrated.
@Suite struct CorrectionTests {
    private static let profile = """
        profile: test
        topic: test/{device}
        readings:
          - { quantity: water_level, pointer: /level, unit: ft, plausible: -1 m .. 500 m }
          - { quantity: temperature, pointer: /t, unit: degF }
          - { quantity: rain_total, pointer: /rain, unit: mm, counter: { wraps: 1000, resolution: 0.2 mm } }
        """

    private static func site(_ keys: String) throws -> Site {
        try Site.read(
            inventory: SourceFile(
                name: "site.yaml", text: "site: s\ndevices:\n  - { id: g1, profile: test, \(keys) }\n"),
            profiles: [SourceFile(name: "test.yaml", text: profile)])
    }

    private static func values(_ keys: String, _ payload: String) throws -> [Double] {
        let site = try site(keys)
        let decoder = PayloadDecoder(site: site, series: SmallSite.series(site))
        var readings: [Reading] = []
        let bytes = Array(payload.utf8)
        _ = bytes.withUnsafeBytes { decoder.decode($0, from: 0, arrival: AlarmBench.start, into: &readings) }
        return readings.map { ($0.value * 1000).rounded() / 1000 }
    }

    @Test("a reading is value · scale + offset + datum, in whatever unit each is written")
    func corrected() throws {
        let payload = #"{"level": 10, "t": 50, "rain": 100}"#
        #expect(try Self.values("kind: x", payload) == [3.048, 10, 100])
        #expect(try Self.values("datum: { water_level: 71.24 m }", payload) == [74.288, 10, 100])
        #expect(
            try Self.values("scale: { water_level: -1, rain_total: 1.04 }, datum: { water_level: 20 ft }", payload)
                == [3.048, 10, 104])
        #expect(
            try Self.values("offset: { temperature: -1.8 degF, water_level: 0.5 }", payload) == [3.2, 9, 100])
    }

    @Test("the profile's plausible range moves with a datum; the inventory's own is of the corrected value")
    func plausible() throws {
        let moved = try Self.site("datum: { water_level: 71.24 m }").devices[0].field("water_level")
        #expect(moved?.plausible == 70.24...571.24)
        let turned = try Self.site("scale: { water_level: -1 }, datum: { water_level: 5 m }").devices[0]
        #expect(turned.field("water_level")?.plausible == -495...6)
        let own = try Self.site("datum: { water_level: 71.24 m }, plausible: { water_level: 70 m .. 80 m }").devices[0]
        #expect(own.field("water_level")?.plausible == 70...80)
    }

    @Test("a counter's width without a unit is what the device counts to; with one it stays")
    func counter() throws {
        let scaled = try Self.site("scale: { rain_total: 2 }").devices[0].field("rain_total")
        #expect(scaled?.counterWidth == 2000)
        #expect(scaled?.counterResolution == 0.2)
    }

    @Test(
        "what can be wrong with a correction or a calibration",
        arguments: [
            ("scale: { water_level: 2 m }", "a scale is a number other than 0, without a unit; got '2 m'"),
            ("scale: { water_level: 0 }", "other than 0"),
            ("offset: { water_level: 3 kg }", "this offset is a number with a unit of length, such as -0.12 ft"),
            ("datum: { watr_level: 3 m }", "did you mean 'water_level'?"),
            ("calibration: { due: tomorrow }", "'due' must be a day such as 2027-03-01; got 'tomorrow'"),
            ("calibration: { date: 2026-03-01 }", "a calibration needs the day on which the next one is 'due'"),
            ("calibration: { date: 2026-03-01, due: 2025-03-01 }", "is due after the last one"),
            ("calibration: { watr_level: { due: 2027-03-01 } }", "did you mean 'water_level'?"),
        ])
    func mistakes(keys: String, expected: String) {
        do {
            _ = try Self.site(keys)
            Issue.record("no mistake was found")
        } catch { #expect("\(error)".contains(expected), "\(error)") }
    }

    @Test("a calibration is overdue from the day after it was due; without quantities it is for all of them")
    func calibration() throws {
        let ofAll = try Self.site("calibration: { date: 2026-01-01, every: 365d }").devices[0]
        #expect(ofAll.fields.allSatisfy { $0.calibration != nil })
        #expect(ofAll.calibrationOverdueFrom?.description == "2027-01-02T00:00:00Z")
        var site = try Self.site(
            "calibration: { water_level: { due: 2026-03-01 }, rain_total: { date: 2026-01-01, due: 2028-01-01 } }")
        #expect(site.devices[0].field("temperature")?.calibration == nil)
        #expect(site.devices[0].calibrationOverdueFrom?.description == "2026-03-02T00:00:00Z")
        site.watchDevices()
        #expect(site.devices[0].field("calibration_overdue")?.quantity.unit.symbol == "d")
        #expect(try Self.site("kind: x").devices[0].calibrationOverdueFrom == nil)
    }
}
