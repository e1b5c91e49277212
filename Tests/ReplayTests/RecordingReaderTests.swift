import Diagnostics
import Replay
import Telemetry
import TestSupport
import Testing

/// Recordings become messages, and a mistake in one is named with file, line and remedy.
@Suite struct RecordingReaderTests {
    private static let table = RecordingFormat.table(
        device: "gauge", columns: [.init("height", as: "water_level"), .init("flow", as: "discharge")])
    private static let payloads = RecordingFormat.payloads(topic: "seismic/{device_id}/raw", time: "t")

    /// The messages of a recording, each as `time topic payload`.
    private func read(_ text: String, _ format: RecordingFormat) throws -> [String] {
        let folder = try TemporaryFolder()
        var reader = try RecordingReader(try folder.write("recording", text), format)
        return try Self.texts { () throws(DiagnosticList) in try reader.next() }
    }

    private static func texts(_ next: () throws(DiagnosticList) -> RecordedMessage?) throws(DiagnosticList) -> [String]
    {
        var texts: [String] = []
        while let message = try next() {
            texts.append("\(message.time) \(message.topic) \(String(decoding: message.payload, as: UTF8.self))")
        }
        return texts
    }

    @Test("values of one device and time are one message, and a repeated quantity begins another")
    func values() throws {
        let messages = try read(
            """
            time,device,quantity,value
            2026-03-01T00:00:00Z,d1,water_level,1.5
            2026-03-01T00:00:00Z, d1 ,discharge,2e1
            2026-03-01T00:00:00Z,d1,water_level,1.75\r

            2026-03-01T01:00:00+01:00,d2,water_level,-3
            2026-03-01T00:05:00.25Z,d2,water_level,.5
            """, .values)
        #expect(
            messages == [
                #"2026-03-01T00:00:00Z sensors/d1/readings "#
                    + #"{"time":"2026-03-01T00:00:00Z","water_level":1.5,"discharge":20.0}"#,
                #"2026-03-01T00:00:00Z sensors/d1/readings {"time":"2026-03-01T00:00:00Z","water_level":1.75}"#,
                #"2026-03-01T00:00:00Z sensors/d2/readings {"time":"2026-03-01T00:00:00Z","water_level":-3.0}"#,
                #"2026-03-01T00:05:00.250Z sensors/d2/readings {"time":"2026-03-01T00:05:00.250Z","water_level":0.5}"#,
            ])
    }

    @Test("a line of a table is one message with the listed columns that have a value")
    func table() throws {
        let messages = try read(
            """
            \u{feff}time_utc,flow,note,height
            2026-03-01T00:00:00Z,30.9,dry,1.01
            2026-03-01T00:05:00Z,,,0.99
            2026-03-01T00:10:00Z,,nothing,
            """, Self.table)
        #expect(
            messages == [
                #"2026-03-01T00:00:00Z sensors/gauge/readings "#
                    + #"{"time":"2026-03-01T00:00:00Z","water_level":1.01,"discharge":30.9}"#,
                #"2026-03-01T00:05:00Z sensors/gauge/readings {"time":"2026-03-01T00:05:00Z","water_level":0.99}"#,
            ])
    }

    @Test("a line of payloads is passed on as it is, on the topic that it names")
    func payloads() throws {
        let lines = [
            #"{"device_id": "006",  "t": 1772323200.5, "x": [1, 2]}"#,
            #"{"device_id": "012", "t": "2026-03-01T00:00:01Z"}"#,
        ]
        #expect(
            try read(lines.joined(separator: "\n"), Self.payloads) == [
                "2026-03-01T00:00:00.500Z seismic/006/raw " + lines[0],
                "2026-03-01T00:00:01Z seismic/012/raw " + lines[1],
            ])
    }

    @Test("a line that is longer than a read of the file stays whole")
    func longLine() throws {
        let line = #"{"device_id": "1", "t": 1772323200, "x": ""# + String(repeating: "x", count: 300_000) + "\"}"
        let messages = try read(line + "\n" + line, Self.payloads)
        #expect(messages == [String](repeating: "2026-03-01T00:00:00Z seismic/1/raw " + line, count: 2))
    }

    @Test("several recordings are merged by time, and those of the same time come in the order of the files")
    func merge() throws {
        let folder = try TemporaryFolder()
        let first = try folder.write(
            "first",
            """
            time,device,quantity,value
            2026-03-01T00:00:02Z,a,rain,1
            2026-03-01T00:00:04Z,a,rain,2
            2026-03-01T00:00:09Z,a,rain,3
            """)
        let second = try folder.write(
            "second", #"{"device_id": "b", "t": 1772323201}"# + "\n" + #"{"device_id": "c", "t": 1772323204}"#)
        let empty = try folder.write("empty", "time,device,quantity,value\n")
        var merge = try RecordingMerge([
            RecordingReader(first, .values), RecordingReader(second, Self.payloads), RecordingReader(empty, .values),
        ])
        #expect(merge.start == Instant(rfc3339: "2026-03-01T00:00:01Z".utf8))
        let messages = try Self.texts { () throws(DiagnosticList) in try merge.next() }
        #expect(
            messages.map { message in
                let parts = message.split(separator: " ")
                return "\(parts[0].suffix(3)) \(parts[1])"
            } == [
                "01Z seismic/b/raw", "02Z sensors/a/readings", "04Z sensors/a/readings", "04Z seismic/c/raw",
                "09Z sensors/a/readings",
            ])
    }

    private static let head = "time,device,quantity,value\n2026-03-01T00:00:00Z,d1,rain,1\n"

    @Test(
        "a mistake in a recording is named with its place and its remedy",
        arguments: [
            ("", ":1:1: error: the recording is empty", "it begins with a line that names its columns"),
            ("time,device,value\n", ":1:1: error: this is not the header", "write 'time,device,quantity,value'"),
            (
                head + "2026-03-01T00:01:00Z,d1,rain", ":3:1: error: this line has 3 fields",
                "leave a missing value empty"
            ),
            (
                head + "2026-03-01 00:01,d1,rain,2", ":3:1: error: '2026-03-01 00:01' is not a time",
                "write it with a zone"
            ),
            (head + "2026-03-01T00:01:00Z,d1,rain,wet", ":3:30: error: 'wet' is not a number", "write a number"),
            (head + "2026-03-01T00:01:00Z,d1,rain,nan", ":3:30: error: 'nan' is not a number", "write a number"),
            (head + "2026-03-01T00:01:00Z,a/b,rain,2", ":3:22: error: 'a/b' cannot be the name of a device", "without"),
            (
                head + "\n2026-02-28T00:00:00Z,d1,rain,2", ":4:1: error: 2026-02-28T00:00:00Z is earlier",
                "sort the lines"
            ),
        ])
    func mistakes(text: String, message: String, remedy: String) throws {
        let error = try #require(throws: DiagnosticList.self) { _ = try read(text, .values) }
        #expect(error.description.contains("/recording" + message) && error.description.contains(remedy))
    }

    @Test("a table without a listed column, and payloads without a time or a topic, are refused")
    func otherMistakes() throws {
        for (text, format, message) in [
            ("time,flow\n", Self.table, ":1:1: error: there is no column 'height' for water_level"),
            ("[1]", Self.payloads, ":1:1: error: this line is not a JSON object"),
            (#"{"device_id": "1"}"#, Self.payloads, ":1:1: error: 't' is missing or not a time"),
            (#"{"t": 1772323200, "device_id": "a/b"}"#, Self.payloads, ":1:1: error: 'device_id' is missing or cannot"),
        ] {
            let error = try #require(throws: DiagnosticList.self) { _ = try read(text, format) }
            #expect(error.description.contains("/recording" + message))
        }
    }

    @Test("a recording that is not there is named with its path")
    func missing() throws {
        let error = try #require(throws: DiagnosticList.self) { _ = try RecordingReader("/nowhere/r.csv", .values) }
        #expect(error.description.contains("the recording /nowhere/r.csv cannot be opened: check the path"))
        #expect(error.diagnostics.first?.path == "/nowhere/r.csv")
    }
}
