/// SenML packs, on any topic.
enum SenMLFamily {
    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        if let node = facts.node, SenMLMarks.json(node) != nil {
            return FamilyGuess(
                .senMLJSON, .certain, "the payload is an array of records with names and values (RFC 8428)")
        }
        guard case .binary = facts.payload, let sample = facts.sample, SenMLMarks.isCBOR(sample.bytes) else {
            return nil
        }
        return FamilyGuess(.senMLCBOR, .likely, "the payload begins like a SenML pack in CBOR (RFC 8428)")
    }
}
