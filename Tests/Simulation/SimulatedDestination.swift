import Alarms
import CFaultyDisk
import Foundation
import Telemetry
import Uplink

/// A destination that notes what it is told, and fails as the weather says.
struct SimulatedDestination: Destination {
    let name: String
    let world: World

    func deliver(_ message: OutgoingMessage, after earlier: [OutgoingMessage]) async throws {
        guard !world.isDead, faulty_disk_step() != 0 else { throw DeliveryError("the process is dead") }
        let weather = world.destinations[name] ?? .fine
        if weather == .away { throw DeliveryError("nobody answers") }
        if weather == .choosy, message.alarm.utf8.reduce(0, { $0 &+ Int($1) }) % 2 == 0 {
            throw DeliveryError("500", isAboutMessage: true)
        }
        world.told(name, message)
        // It may die here, with the message taken and nobody to know.
        guard faulty_disk_step() != 0 else { throw DeliveryError("the process is dead") }
        if weather == .mute { throw DeliveryError("no answer in time") }
    }
}

enum DestinationWeather {
    case fine
    case away
    /// It takes what it gets, and its answer is lost.
    case mute
    /// It answers, and does not take what it is told of half of the alarms.
    case choosy
}

/// That a destination was told something.
struct Delivery {
    var identity: String
    var uptime: TimeSpan
}
