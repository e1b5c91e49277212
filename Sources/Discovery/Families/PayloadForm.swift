/// The last rule: nothing says who has sent a payload, so its form is all that there is.
enum PayloadForm {
    static func guess(_ facts: TopicFacts) -> FamilyGuess {
        func guess(_ family: Family, _ form: String) -> FamilyGuess {
            FamilyGuess(family, .unsure, "the payload is \(form), and neither it nor the topic says what sends it")
        }
        guard let sample = facts.sample else {
            return FamilyGuess(.empty, .unsure, "no payload was kept, since too much was published for the memory")
        }
        switch facts.payload {
        case .empty:
            return FamilyGuess(
                .empty, .unsure, "the payload is empty, which deletes what the broker has kept on a topic", .service)
        case .number: return guess(.number, "a plain number")
        case .csv: return guess(.csv, "a line of values")
        case .keyValue: return guess(.keyValue, "a line of names and values")
        case .json: return guess(.json, "JSON")
        case .brokenJSON where sample.isCut:
            return FamilyGuess(
                .json, .unsure,
                "only the first \(sample.bytes.count) of the payload's \(sample.count) bytes were kept, "
                    + "so it was not looked into"
            )
        case .brokenJSON: return guess(.brokenJSON, "like JSON but cannot be read as such")
        case .text: return guess(.text, "a text")
        case .binary: return guess(.binary, "bytes and not text")
        }
    }
}
