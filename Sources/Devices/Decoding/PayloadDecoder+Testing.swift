extension PayloadDecoder {
    /// The number of payloads that were read only after a repair.
    package var repairedCount: Int { parser.repairedCount }
}
