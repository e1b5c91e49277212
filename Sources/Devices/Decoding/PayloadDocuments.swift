/// Turns payloads of all formats into JSON documents: unpacks the envelope, and rewrites what is not JSON.
///
/// A document lives until the next one. Allocates nothing in the steady state.
final class PayloadDocuments {
    /// Parses what is inside an envelope, or was rewritten; `nil` if no profile of the site needs it.
    let inner: JSONParser?
    var writer: JSONWriter
    var binary = BinaryReader()
    var cbor = SenMLCBOR()
    /// The bytes of a payload that came as base64 or hexadecimal digits.
    var bytes: [UInt8] = []
    /// A device's key that the payload has as a number.
    private(set) var key = JSONWriter(bytesMax: 32)

    /// How many times longer than a payload its JSON may be: names are repeated with every line.
    private static let growth = 8

    init(_ layouts: [MessageLayout], bytesMax: Int) {
        let needsInner = layouts.contains { layout in
            if layout.envelope != nil { return true }
            switch layout.format {
            case .json, .senml: return false
            case .senmlCBOR, .text, .keyValue, .csv, .binary, .sparkplug: return true
            }
        }
        inner = needsInner ? JSONParser(bytesMax: Self.growth * bytesMax) : nil
        writer = JSONWriter(bytesMax: Self.growth * bytesMax)
    }

    /// The text that the last payload was rewritten as; `nil` if it was JSON.
    var text: String? { writer.bytes.isEmpty ? nil : String(decoding: writer.bytes, as: UTF8.self) }

    func writeKey(_ number: Int64) {
        key.begin()
        key.integer(number)
    }
}

extension PayloadDecoder {
    enum Opened {
        /// - Parameter problem: what of it could not be read.
        case document(JSONValue, problem: PayloadFault?)
        case blank
        /// The message is of a port that the layout is not for.
        case otherPort
        /// The payload may be of another layout of the same topic.
        case otherLayout(PayloadFault)
        case fault(PayloadFault)
    }

    /// Returns the document of a payload.
    func document(_ payload: UnsafeRawBufferPointer, _ layout: MessageLayout) -> Opened {
        guard let envelope = layout.envelope else { return document(payload, layout.format, by: parser) }
        let outer = parsed(payload, by: parser)
        guard case .document(let root, _) = outer else { return outer }
        guard let server = envelope.servers.first(where: { root.at($0.sign) != nil }) else {
            return .fault(.unknownEnvelope(envelope.servers.map(\.name)))
        }
        facts = server.facts(root)
        if !layout.ports.isEmpty, let port = facts.port, !layout.ports.contains(port) { return .otherPort }
        switch layout.format {
        case .json, .senml:
            guard let object = server.object.flatMap({ root.at($0) }), !object.isNull else {
                // A server that does not decode sends the bytes, which may be JSON themselves.
                guard unpack(root, server) else { return .fault(.missingObject(server: server.name)) }
                return documents.bytes.withUnsafeBytes { document($0, layout.format, by: innerParser) }
            }
            return .document(object, problem: nil)
        case .senmlCBOR, .text, .keyValue, .csv, .binary, .sparkplug:
            guard let value = root.at(server.bytes), !value.isNull else { return .blank }
            guard unpack(root, server) else {
                return .fault(.badEncoding(place: server.bytes.description, found: value.inWords))
            }
            return documents.bytes.withUnsafeBytes { document($0, layout.format, by: innerParser) }
        }
    }

    private var innerParser: JSONParser { documents.inner ?? parser }

    /// Decodes the bytes of an envelope.
    private func unpack(_ root: JSONValue, _ server: Envelope.Server) -> Bool {
        guard let text = root.at(server.bytes)?.string else { return false }
        return PayloadEncoding.decode(UnsafeRawBufferPointer(text), server.encoding, into: &documents.bytes)
    }

    private func document(
        _ payload: UnsafeRawBufferPointer, _ format: MessageLayout.Format, by parser: JSONParser
    ) -> Opened {
        var problem: String?
        documents.writer.begin()
        switch format {
        case .json, .senml: return parsed(payload, by: parser)
        // It needs the session of its node, and never comes here: the profile has no envelope.
        case .sparkplug: return .blank
        case .senmlCBOR:
            if payload.isEmpty { return .blank }
            if let fault = documents.cbor.rewrite(payload, to: &documents.writer) { return .fault(.senml(fault)) }
        case .text: TextFormats.writeValue(payload, to: &documents.writer)
        case .keyValue: TextFormats.writeKeyValues(payload, to: &documents.writer)
        case .csv(let layout): TextFormats.writeLines(payload, layout, to: &documents.writer)
        case .binary(let layout):
            if payload.isEmpty { return .blank }
            let read = rewrite(payload, layout)
            if read.isOther { return .otherLayout(.otherLayout(read.problem ?? "")) }
            problem = read.problem
        }
        guard !documents.writer.isTooLong else {
            return .fault(.tooLongRewritten(max: documents.writer.bytesMax))
        }
        return documents.writer.bytes.withUnsafeBytes { rewritten($0, problem: problem.map { .otherLayout($0) }) }
    }

    /// Returns the document of a payload that was rewritten as JSON.
    func rewritten(_ text: UnsafeRawBufferPointer, problem: PayloadFault?) -> Opened {
        parsed(text, by: innerParser, problem: problem)
    }

    private func parsed(
        _ text: UnsafeRawBufferPointer, by parser: JSONParser, problem: PayloadFault? = nil
    ) -> Opened {
        switch parser.parse(text) {
        case .fault(let fault): .fault(.notJSON(fault))
        case .blank: .blank
        case .document(let root): .document(root, problem: problem)
        }
    }

    private func rewrite(_ payload: UnsafeRawBufferPointer, _ layout: BinaryLayout) -> (problem: String?, isOther: Bool)
    {
        guard layout.encoding != .raw else { return documents.binary.read(payload, layout, into: &documents.writer) }
        guard PayloadEncoding.decode(payload, layout.encoding, into: &documents.bytes) else {
            return ("it is not \(layout.encoding.rawValue)", true)
        }
        return documents.bytes.withUnsafeBytes { documents.binary.read($0, layout, into: &documents.writer) }
    }
}
