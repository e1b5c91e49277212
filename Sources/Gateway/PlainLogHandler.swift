internal import AlarmModel
package import Logging
internal import Telemetry

/// Writes the gateway's log safely. No character of a payload, a label or another machine's answer can control the
/// terminal or the journal that shows it. Further lines of a message are indented, so that none looks like a new
/// message.
package struct PlainLogHandler: LogHandler {
    private var inner: any LogHandler

    package init(_ inner: some LogHandler) { self.inner = inner }

    package var metadata: Logger.Metadata {
        get { inner.metadata }
        set { inner.metadata = newValue.mapValues(Self.plain) }
    }
    package var logLevel: Logger.Level {
        get { inner.logLevel }
        set { inner.logLevel = newValue }
    }
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { inner[metadataKey: key] }
        set { inner[metadataKey: key] = newValue.map(Self.plain) }
    }

    package func log(
        level: Logger.Level, message: Logger.Message, metadata: Logger.Metadata?, source: String, file: String,
        function: String,
        line: UInt
    ) {
        // A message of several lines, such as the mistakes of a file, keeps its lines.
        let lines = message.description.split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.map { ControlCharacters.escaped(String($0)) }.joined(separator: "\n    ")
        inner.log(
            level: level, message: "\(text)", metadata: metadata?.mapValues(Self.plain), source: source, file: file,
            function: function, line: line)
    }

    private static func plain(_ value: Logger.Metadata.Value) -> Logger.Metadata.Value {
        switch value {
        case .string(let text): .string(ControlCharacters.escaped(text))
        case .stringConvertible(let value): .string(ControlCharacters.escaped(value.description))
        case .array(let values): .array(values.map(plain))
        case .dictionary(let values): .dictionary(values.mapValues(plain))
        }
    }
}
