"""What the players share: the connection to the broker, the lines that they print, and what ends them."""
import json
import queue

import paho.mqtt.client as mqtt


class NoConnection(Exception):
    pass


class WrongSteps(Exception):
    pass


def tell(event, **facts):
    print(json.dumps({"event": event, **facts}, ensure_ascii=False, allow_nan=False), flush=True)


def connect(arguments, name, will=None):
    client = mqtt.Client(client_id=name, clean_session=True, reconnect_on_failure=False)
    if will:
        client.will_set(will[0], will[1], qos=1, retain=False)
    answers = queue.Queue()
    client.on_connect = lambda client, data, flags, code: answers.put(code)
    try:
        client.connect(arguments.host, arguments.port, keepalive=60)
    except OSError as error:
        raise NoConnection(f"cannot connect to {arguments.host}:{arguments.port}: {error}") from None
    client.loop_start()
    try:
        code = answers.get(timeout=arguments.wait)
    except queue.Empty:
        raise NoConnection(f"{arguments.host}:{arguments.port} does not answer as an MQTT broker") from None
    if code != 0:
        raise NoConnection(f"{arguments.host}:{arguments.port} refuses the connection: {mqtt.connack_string(code)}")
    return client
