package import Telemetry

extension PayloadDecoder {
    /// The number of payloads that were read only after a repair.
    package var repairedCount: Int { parser.repairedCount }
}

extension PayloadDecoder {
    /// Decodes a whole payload, and appends its readings.
    /// - Returns: what could not be read in the first part that has a fault, or else in the last part.
    package func decode(
        _ payload: UnsafeRawBufferPointer, from route: Int, arrival: Instant, isSentAgain: Bool = false,
        isRetained: Bool = false,
        into readings: inout [Reading]
    ) -> PayloadFindings {
        var all = PayloadFindings()
        begin(route, arrival: arrival, isSentAgain: isSentAgain, isRetained: isRetained)
        while let findings = decodeNext(payload, into: &readings) {
            if all.isEmpty || all.isWithoutReadings { all = findings }
        }
        return all
    }
}
