#pragma once

#include <string>
#include <vector>

#include "kontena/api/messages.h"
#include "print.h"

// The words for what runs, the same in each table, view and message.
namespace kontena::client {

std::string instance_name(const api::InstanceSummary&);  // "shop/web-1"
std::string slot_name(const api::InstanceSummary&);      // "web-1"

// "running (healthy) 3m", "pulling 12 MB / 40 MB", "waiting: no node is ready".
Cell instance_state(const api::InstanceSummary&, Time now);
Cell instance_node(const api::InstanceSummary&);            // "n1", "n1 (lost)"
std::string instance_trouble(const api::InstanceSummary&);  // what is wrong with it; "" = nothing

Tone tone_of(std::string_view state);  // of a service, stack or node
std::string_view glyph_of(std::string_view state);
std::string port_text(const model::PublishedPort&);  // "8080->80", "127.0.0.1:53->53/udp"
std::string ports_text(const std::vector<model::PublishedPort>&);

// Where an instance's published port answers: "10.0.0.7:8080".
std::string port_address(const api::InstanceSummary&, const model::PublishedPort&);

std::string time_text(std::int64_t ms);            // RFC 3339, "" for 0
std::string labels_text(const model::StringMap&);  // "zone=eu-1,disk=ssd"

// "1 instance", "3 instances".
std::string percent(std::int64_t milli);            // "3.5%" of one processor: of two that are busy it is 200%
std::string count_text(std::int64_t count, std::string_view singular);

}  // namespace kontena::client
