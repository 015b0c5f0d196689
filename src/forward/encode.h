#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "kontena/forward/sender.h"

namespace kontena::forward {

// One message of RFC 5424, its length before it (RFC 6587, section 3.4.1: octet counting, which TLS demands and which
// lets a text have line ends). Facility 16 (local0).
void add_syslog(std::string& to, const Record&);

// The entries of Fluentd's forward protocol, version 1, in PackedForward mode, with an id to be acknowledged:
// [tag, entries, {"size": n, "chunk": id}], each entry [EventTime, {…}].
std::string fluentd_message(std::string_view tag, std::span<const Record>, std::string_view chunk);
// Whether this is {"ack": chunk}; false also where it is not complete.
bool is_ack(std::string_view bytes, std::string_view chunk);

// The body of an ExportLogsServiceRequest of OTLP 1.x, as JSON.
std::string otlp_body(std::span<const Record>);

}  // namespace kontena::forward
