/// Device interfaces of platforms: ThingsBoard and Domoticz.
///
/// Source: ThingsBoard, "MQTT device API" and "MQTT gateway API"; Domoticz, "MQTT".
enum PlatformFamily {
    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        if facts.level(0) == "v1", facts.level(1) == "gateway" || facts.level(1) == "devices" {
            let isReadings = facts.last == "telemetry"
            return FamilyGuess(
                .thingsBoard, .certain,
                isReadings
                    ? "the topic is the telemetry of ThingsBoard's interface"
                    : "the topic is ThingsBoard's '\(facts.last)', which has no readings",
                isReadings ? .readings : .service,
                deviceLevel: facts.level(1) == "devices" && facts.levels.count == 4 ? 2 : nil)
        }
        if facts.level(0) == "domoticz", facts.levels.count == 2, facts.node?.has("idx") == true {
            return FamilyGuess(
                .domoticz, .certain, "the topic is Domoticz', and the payload has an 'idx'",
                facts.last == "in" ? .readings : .service)
        }
        return nil
    }
}
