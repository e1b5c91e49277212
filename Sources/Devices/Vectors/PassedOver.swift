internal import Telemetry

extension PayloadDecoder {
    /// Says why a payload gives no reading of some quantities, for people who write a profile.
    ///
    /// The quantities that it does give are among them, too.
    func passedOver(_ payload: UnsafeRawBufferPointer, on topic: String) -> [(quantity: String, reason: String)] {
        var reasons: [(quantity: String, reason: String)] = []
        if !sparkplug.isEmpty { return [] }
        for device in site.devices {
            for (message, layout) in device.profile.messages.enumerated() where device.topics[message] == topic {
                let fields = plans[message].fields
                switch document(payload, layout) {
                case .document(let root, _): reasons += fields.map { ($0.quantity.name, reason($0, in: root)) }
                case .otherPort:
                    let port = facts.port.map { "\($0)" } ?? "without a number"
                    reasons += fields.map { ($0.quantity.name, "the profile does not read port \(port)") }
                case .blank, .fault, .otherLayout:
                    reasons += fields.map { ($0.quantity.name, "the payload is not of its message") }
                }
            }
        }
        var seen: Set<String> = []
        return reasons.filter { seen.insert($0.quantity).inserted }
    }

    private func reason(_ field: DecodingPlan.Field, in root: JSONValue) -> String {
        switch field.source {
        case .link: return "the network server does not tell it"
        case .record(let name): return "there is no record '\(name)'"
        case .gap, .clock, .plausibility, .neighbours, .calibration: return ""
        case .samples(let array): return reason(array.pointer, field.rule, in: root)
        case .value(let pointer): return reason(pointer, field.rule, in: root)
        }
    }

    private func reason(_ pointer: JSONPointer, _ rule: ValueRule?, in root: JSONValue) -> String {
        guard let value = root.at(pointer) else { return "there is nothing at \(pointer)" }
        if value.isNull { return "\(pointer) is null" }
        guard let rule, case .nothing = rule.read(value, in: root) else {
            return "\(pointer) is \(value.inWords), which cannot be read, or has come before"
        }
        return rule.reasonForNothing(value, in: root)
    }
}

extension ValueRule {
    /// Says why a value stands for no reading.
    fileprivate func reasonForNothing(_ value: JSONValue, in root: JSONValue) -> String {
        var rule = self
        rule.errors = []
        guard case .nothing = rule.read(value, in: root) else {
            return "\(value.inWords) stands for a fault ('errors')"
        }
        rule.valid = nil
        guard case .nothing = rule.read(value, in: root) else {
            return "\(value.inWords) is not valid ('valid: \(valid?.expression.text ?? "")')"
        }
        return "nothing can be computed from \(value.inWords)"
    }
}
