internal import AlarmModel
import Alarms
import Gateway
internal import Pipeline
internal import SiteConfiguration

/// The present situation of the active alarms, as the running gateway reports it.
struct GatewayStatus {
    /// The situation by the alarm's identity; empty if no gateway answers.
    let alarms: [String: AlarmStatus]
    /// The reason why no gateway answers; `nil` if one does.
    let trouble: String?

    /// Asks the gateway.
    init(of client: GatewayClient) {
        do {
            let request = ControlRequest(verb: .status, alarm: "", person: "", note: "")
            guard let answer = try client.ask(request, within: .seconds(6)) else {
                throw GatewayError("the gateway at \(client.path) did not answer within 6 s")
            }
            guard answer.isDone, let list = CanonicalJSON.value([AlarmStatus].self, answer.text) else {
                throw GatewayError(answer.text)
            }
            alarms = Dictionary(list.map { ($0.alarm, $0) }) { first, _ in first }
            trouble = nil
        } catch {
            alarms = [:]
            trouble = "\(error)"
        }
    }
}
