/// OwnTracks, which sends where people and vehicles are.
///
/// Source: OwnTracks, "JSON".
enum OwnTracksFamily {
    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        let isBelow = facts.level(0) == "owntracks"
        guard isBelow || facts.node?["_type"]?.text == "location" else { return nil }
        return FamilyGuess(
            .ownTracks, isBelow && facts.node?.has("_type") != false ? .certain : .likely,
            "the payload says where somebody is: OwnTracks sends positions of people, and no readings", .service,
            deviceLevel: isBelow ? 2 : nil)
    }
}
