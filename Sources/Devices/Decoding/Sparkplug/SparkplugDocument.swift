internal import SparkplugMessages

/// Writes the metrics of a message as JSON, so that values, words and units are read as those of other formats:
///
///     [{"metric":"Water/Level","value":1.25,"time":1750000000980,"unit":"m"}]
struct SparkplugDocument {
    /// The metrics that could not be read, with the reason.
    private(set) var problems: [PayloadFault] = []
    /// Set if a metric has an alias that means nothing.
    private(set) var hasUnknown = false

    /// - Parameters:
    ///   - doubt: the reason why aliases are not believed, for messages; `nil` if they are.
    ///   - isWanted: returns whether a reading is made of a metric.
    init(
        _ payload: SparkplugPayload, _ session: SparkplugSession, device: String, doubt: String?,
        isWanted: (String) -> Bool, to writer: inout JSONWriter
    ) {
        writer.open("[")
        var unknown = 0
        for metric in payload.metrics {
            guard let known = session.metric(metric, of: device) else {
                unknown += 1
                continue
            }
            let value = Self.value(metric, known.type)
            if case .undecided = value {
                guard isWanted(known.name) else { continue }
                problems.append(
                    .sparkplug(
                        "the metric '\(JSONValue.printable(known.name))' has no type: \(SparkplugSession.waiting)"))
                continue
            }
            writer.open("{")
            writer.name("metric".utf8)
            writer.text(known.name.utf8)
            writer.name("value".utf8)
            Self.write(value, to: &writer)
            if metric.hasTimestamp || payload.hasTimestamp {
                writer.name("time".utf8)
                writer.integer(metric.hasTimestamp ? metric.timestamp : payload.timestamp)
            }
            if let unit = known.unit {
                writer.name("unit".utf8)
                writer.text(unit.utf8)
            }
            if let quality = metric.qualityCode {
                writer.name("quality".utf8)
                writer.integer(quality)
            }
            if metric.isHistorical {
                writer.name("historical".utf8)
                writer.boolean(true)
            }
            writer.close("}")
        }
        writer.close("]")
        hasUnknown = unknown > 0
        if unknown > 0 {
            let what = unknown == 1 ? "a metric has" : "\(unknown) metrics have"
            problems.append(
                .sparkplug("\(what) an alias that no birth has named: \(doubt ?? "asking for the next one")"))
        }
    }

    private enum Value {
        case null, boolean(Bool), number(Double), integer(Int64), unsigned(UInt64)
        case text(String)
        /// Something that is not one value.
        case other(SparkplugType)
        /// Whether the number has a sign is not known.
        case undecided
    }

    /// Reads a value by its type. Signed integers come in two's complement, of their own width or of 32 bits.
    private static func value(_ metric: SparkplugMetric, _ type: SparkplugType?) -> Value {
        if metric.isNull { return .null }
        let bits: UInt64
        switch metric.value {
        case .intValue(let number)?: bits = UInt64(number)
        case .longValue(let number)?: bits = number
        case .floatValue(let number)?: return .number(Double(number))
        case .doubleValue(let number)?: return .number(number)
        case .booleanValue(let truth)?: return .boolean(truth)
        case .stringValue(let text)?: return .text(text)
        case nil: return type.map { .other($0) } ?? .null
        }
        switch type {
        case .signed(let width)?:
            let shift = UInt64(64 - width)
            return .integer(Int64(bitPattern: bits << shift) >> Int64(shift))
        case .boolean?: return .boolean(bits != 0)
        case .unsigned?, .time?, .float?, .text?, .other?: return .unsigned(bits)
        case nil: return .undecided
        }
    }

    private static func write(_ value: Value, to writer: inout JSONWriter) {
        switch value {
        case .null, .undecided: writer.null()
        case .boolean(let truth): writer.boolean(truth)
        // As elsewhere, a number that is none is not passed over in silence.
        case .number(let number): if number.isFinite { writer.number(number) } else { writer.text("\(number)".utf8) }
        case .integer(let number): writer.integer(number)
        case .unsigned(let number): writer.integer(number)
        case .text(let text): writer.text(text.utf8)
        case .other(let type): writer.text("(\(type.inWords))".utf8)
        }
    }
}
