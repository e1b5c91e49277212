package import Diagnostics
internal import Telemetry

/// Reads the messages of one recording, line by line, in the order of the file.
///
/// The times of a recording must not go back. The reader throws a mistake with its file, its line and the remedy,
/// after every message before it. The reader must not be used after that.
///
///     var reader = try RecordingReader("river.csv", .values)
///     while let message = try reader.next() { print(message.time, message.topic) }
package struct RecordingReader {
    private let format: RecordingFormat
    private var lines: RecordingLines
    /// For a table: the index of each listed column.
    private var indices: [Int] = []
    private var columnCount = 0
    private var lastTime = Instant.distantPast
    /// The message that further lines may belong to.
    private var open: ValueMessage?
    /// The mistake behind ``open``.
    private var failure: DiagnosticList?

    /// Opens a recording and checks its header.
    package init(_ path: String, _ format: RecordingFormat) throws(DiagnosticList) {
        self.format = format
        lines = try RecordingLines(path)
        switch format {
        case .values: try readHeader(of: ["time", "device", "quantity", "value"])
        case .table(_, let columns): try readHeader(with: columns)
        case .payloads: break
        }
    }

    /// The next message; `nil` at the end of the recording.
    package mutating func next() throws(DiagnosticList) -> RecordedMessage? {
        switch format {
        case .values: try nextOfValues()
        case .table(let device, let columns): try nextOfTable(device, columns)
        case .payloads(let topic, let time): try nextOfPayloads(topic, time)
        }
    }

    // MARK: - Headers

    private mutating func readHeader() throws(DiagnosticList) -> [Substring] {
        guard try lines.advance() else {
            throw lines.mistake(
                "empty-recording", "the recording is empty", hint: "it begins with a line that names its columns")
        }
        return Self.fields(lines.text)
    }

    private mutating func readHeader(of expected: [String]) throws(DiagnosticList) {
        guard try readHeader().map(String.init) == expected else {
            throw lines.mistake(
                "recording-header", "this is not the header of a recording",
                hint: "write '\(expected.joined(separator: ","))'")
        }
        columnCount = expected.count
    }

    private mutating func readHeader(with columns: [RecordingFormat.Column]) throws(DiagnosticList) {
        let header = try readHeader()
        columnCount = header.count
        for column in columns {
            guard let index = header.firstIndex(where: { $0 == column.name }) else {
                throw lines.mistake(
                    "recording-column", "there is no column '\(column.name)' for \(column.quantity)",
                    hint: "the columns are \(header.joined(separator: ", "))")
            }
            indices.append(index)
        }
    }

    // MARK: - Messages

    private mutating func nextOfValues() throws(DiagnosticList) -> RecordedMessage? {
        if let failure { throw failure }
        do throws(DiagnosticList) {
            if let message = try nextClosedMessage() { return message }
        } catch {
            guard open != nil else { throw error }
            failure = error
        }
        defer { open = nil }
        return open?.message
    }

    /// The next message that no further line can belong to; `nil` at the end of the file, where one may be open.
    private mutating func nextClosedMessage() throws(DiagnosticList) -> RecordedMessage? {
        while try lines.advance() {
            let fields = try readFields()
            let time = try readTime(fields[0])
            let (device, quantity) = (try readName(fields[1], "device"), try readName(fields[2], "quantity"))
            let value = try readNumber(fields[3])
            if open?.accepts(time, device, quantity) == true {
                open?.values.append((quantity, value))
                continue
            }
            let finished = open?.message
            open = ValueMessage(time: time, device: device, values: [(quantity, value)])
            if let finished { return finished }
        }
        return nil
    }

    private mutating func nextOfTable(_ device: String, _ columns: [RecordingFormat.Column]) throws(DiagnosticList)
        -> RecordedMessage?
    {
        while try lines.advance() {
            let fields = try readFields()
            var message = ValueMessage(time: try readTime(fields[0]), device: device, values: [])
            for (column, index) in zip(columns, indices) where !fields[index].isEmpty {
                message.values.append((column.quantity, try readNumber(fields[index])))
            }
            if !message.values.isEmpty { return message.message }
        }
        return nil
    }

    private mutating func nextOfPayloads(_ topic: String, _ timeMember: String) throws(DiagnosticList)
        -> RecordedMessage?
    {
        guard try lines.advance() else { return nil }
        guard let payload = RecordedPayload(lines.text) else {
            throw lines.mistake(
                "recording-json", "this line is not a JSON object", hint: "write the payload of one message a line")
        }
        guard let time = payload.time(timeMember) else {
            throw lines.mistake(
                "recording-time", "'\(timeMember)' is missing or not a time",
                hint: "write seconds since 1970, or a time like 2018-06-03T22:05:00Z")
        }
        try checkOrder(time, at: nil)
        switch payload.fill(topic) {
        case .success(let topic): return RecordedMessage(time: time, topic: topic, payload: Array(lines.text.utf8))
        case .failure(let member):
            throw lines.mistake(
                "recording-topic", "'\(member.name)' is missing or cannot be a part of a topic",
                hint: "the topic of each message is \(topic)")
        }
    }

    // MARK: - Fields

    private static func fields(_ line: String) -> [Substring] {
        line.split(separator: ",", omittingEmptySubsequences: false).map { field in
            var field = field.drop { $0.isWhitespace }
            while field.last?.isWhitespace == true { field.removeLast() }
            return field
        }
    }

    private func readFields() throws(DiagnosticList) -> [Substring] {
        let fields = Self.fields(lines.text)
        guard fields.count == columnCount else {
            throw lines.mistake(
                "recording-fields", "this line has \(fields.count) fields, and the header has \(columnCount)",
                hint: "write one field for each column; leave a missing value empty")
        }
        return fields
    }

    private mutating func readTime(_ field: Substring) throws(DiagnosticList) -> Instant {
        guard let time = Instant(rfc3339: field.utf8) else {
            throw lines.mistake(
                "recording-time", "'\(field)' is not a time", at: field,
                hint: "write it with a zone, like 2018-06-03T22:05:00Z")
        }
        try checkOrder(time, at: field)
        return time
    }

    private mutating func checkOrder(_ time: Instant, at field: Substring?) throws(DiagnosticList) {
        guard time >= lastTime else {
            throw lines.mistake(
                "recording-order", "\(time) is earlier than the line before, \(lastTime)", at: field,
                hint: "sort the lines by time")
        }
        lastTime = time
    }

    private func readName(_ field: Substring, _ what: String) throws(DiagnosticList) -> String {
        guard RecordedPayload.canBeName(field) else {
            throw lines.mistake(
                "recording-name", "'\(field)' cannot be the name of a \(what)", at: field,
                hint: "write a name without quotes and without / + # \\")
        }
        return String(field)
    }

    private func readNumber(_ field: Substring) throws(DiagnosticList) -> Double {
        guard let value = Double(field), value.isFinite else {
            throw lines.mistake(
                "recording-value", "'\(field)' is not a number", at: field,
                hint: "write a number, or leave the line out if the value is missing")
        }
        return value
    }
}

/// The values of one device at one time, which become a message of the profile `generic-json`.
private struct ValueMessage {
    var time: Instant
    var device: String
    var values: [(quantity: String, value: Double)]

    /// Returns `true` if a value belongs to this message. A repeated quantity needs another message.
    func accepts(_ time: Instant, _ device: String, _ quantity: String) -> Bool {
        time == self.time && device == self.device && !values.contains { $0.quantity == quantity }
    }

    var message: RecordedMessage {
        let members = values.map { "\"\($0.quantity)\":\($0.value)" }.joined(separator: ",")
        return RecordedMessage(
            time: time, topic: "sensors/\(device)/readings", payload: Array("{\"time\":\"\(time)\",\(members)}".utf8))
    }
}
