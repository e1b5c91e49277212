/// Weather stations: Ecowitt's own names, and WeeWX with its MQTT extension.
///
/// Source: Ecowitt, "Data upload protocol"; ecowitt2mqtt; WeeWX MQTT extension, `readme.txt`.
enum WeatherFamily {
    private static let ecowitt = ["PASSKEY", "stationtype", "baromrelin", "tempf", "tempinf", "humidityin", "dateutc"]
    /// The beginnings of WeeWX' names that have a unit behind them on single topics: `outTemp_C`.
    private static let weeWX = [
        "outTemp", "inTemp", "outHumidity", "inHumidity", "windSpeed", "windGust", "windDir", "windGustDir",
        "barometer",
        "altimeter", "rainRate", "hourRain", "dayRain", "rain24", "dewpoint", "heatindex", "windchill", "radiation",
        "txBatteryStatus", "consBatteryVoltage", "usUnits", "dateTime", "maxSolarRad", "pressure_mbar", "pressure_inHg",
        "rain_cm", "rain_mm", "rain_in", "appTemp", "cloudbase",
    ]

    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        switch facts.payload {
        case .json(let node): object(Set(node.object.map { Array($0.keys) } ?? []), facts)
        case .keyValue(let pairs): form(Set(pairs.keys))
        case .number, .text, .empty: single(facts)
        default: nil
        }
    }

    private static func object(_ names: Set<String>, _ facts: TopicFacts) -> FamilyGuess? {
        let level = facts.levels.count - 1
        if facts.level(0) == "ecowitt2mqtt" {
            return FamilyGuess(.ecowitt, .certain, "the topic is ecowitt2mqtt's", deviceLevel: level)
        }
        if ecowitt.count(where: { names.contains($0) }) >= 3 {
            return FamilyGuess(
                .ecowitt, .likely, "the payload has Ecowitt's names, such as 'tempf'", deviceLevel: level)
        }
        let found = names.filter { name in weeWX.contains { isName(name[...], $0) } }
        guard found.count >= 3 || (names.contains("usUnits") && names.contains("dateTime")) else { return nil }
        let isLoop = facts.last == "loop" || facts.last == "archive"
        return FamilyGuess(
            .weeWX, isLoop ? .certain : .likely,
            "the payload has WeeWX' names, such as '\(found.sorted().first ?? "")'",
            deviceLevel: isLoop ? level - 1 : level)
    }

    /// The upload of a station itself: `PASSKEY=…&stationtype=…&tempf=…`.
    private static func form(_ names: Set<String>) -> FamilyGuess? {
        guard ecowitt.count(where: { names.contains($0) }) >= 3 else { return nil }
        return FamilyGuess(
            .ecowitt, .likely, "the payload is the upload of an Ecowitt station, with names such as 'tempf'")
    }

    private static func single(_ facts: TopicFacts) -> FamilyGuess? {
        guard facts.levels.count >= 2, weeWX.contains(where: { isName(facts.last, $0) }) else { return nil }
        return FamilyGuess(
            .weeWX, .likely, "the topic ends in '\(facts.last)', a name of WeeWX",
            deviceLevel: facts.levels.count - 2)
    }

    /// Returns whether a name is one of WeeWX, alone or with a unit behind it.
    private static func isName(_ text: Substring, _ name: String) -> Bool {
        text.hasPrefix(name) && (text.count == name.count || text.dropFirst(name.count).first == "_")
    }
}
