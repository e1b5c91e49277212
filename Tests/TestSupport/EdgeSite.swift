/// A device whose every number, of times, rates, counters and message numbers, may be one at which sums break.
package enum EdgeSite {
    package static let rules = """
        hazard: flood
        rules:
          - name: high
            for_each: device
            levels: { watch: water_level > 3 m }
            blind: none
          - name: all
            for_each: device
            levels:
              watch: "mean(water_level, 10m) > 9 m or increase(rain_total, 1h) > 5 mm or slope(water_level, 1h) > 9 m/h"
              warning: "quantile(acceleration_x, 0.9, 10m) > 1 m/s2 or time_mean(water_level, 1h) > 9 m"
            blind: none
        """

    /// - Parameter time: the format of the own time in `t`.
    package static func json(time: String) -> String {
        """
        profile: test
        topic: test/{device}
        time: { pointer: /t, format: \(time) }
        interval: 10s
        silence: 1h
        sequence: { pointer: /n }
        readings:
          - { quantity: water_level, pointer: /level, unit: m }
          - { quantity: rain_total, pointer: /total, unit: mm, counter: { wraps: 65536, resolution: 0.2 mm, max_rate: 150 mm/h } }
          - { quantity: acceleration_x, unit: m/s2, samples: { pointer: /x, rate: /hz, time: first } }
        """
    }

    package static let senml = """
        profile: test
        topic: test/{device}
        format: senml
        interval: 10s
        silence: 1h
        readings:
          - { quantity: water_level, record: level, unit: m }
          - { quantity: rain_total, record: total, unit: mm, counter: { wraps: 65536 } }
          - { quantity: acceleration_x, record: x, unit: m/s2 }
        """

    package static let inventory = "  - { id: d1, profile: test, station: s1 }\n"

    /// Returns a message of the device.
    /// - Parameters:
    ///   - time: in seconds since 1970.
    ///   - scale: of the own time's format, units a second; `nil` for SenML.
    ///   - odd: gives the replacement of a right number, or `nil`.
    package static func message(_ number: Int, time: Int64, scale: Int64?, level: String, odd: () -> String? = { nil })
        -> String
    {
        guard let scale else {
            return """
                [{"bn":"d1/","bt":\(odd() ?? "\(time)")\(odd().map { ",\"bver\":\($0)" } ?? "")\(odd().map { ",\"bv\":\($0)" } ?? "")},\
                {"n":"level","v":\(odd() ?? level),"t":\(odd() ?? "0")},{"n":"total","v":\(odd() ?? "7")},{"n":"x","v":\(odd() ?? "0"),"t":\(odd() ?? "-1")}]
                """
        }
        return """
            {"t":\(odd() ?? "\(time * scale)"),"n":\(odd() ?? "\(number)"),"level":\(odd() ?? level),"total":\(odd() ?? "7"),\
            "hz":\(odd() ?? "100"),"x":[0,\(odd() ?? "0"),0]}
            """
    }
}
