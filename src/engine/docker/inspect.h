#pragma once

#include <string_view>

#include "kontena/codec/json.h"
#include "kontena/engine/engine.h"

// Docker's descriptions of containers, read. Pure.
namespace kontena::engine::docker {

std::vector<Container> read_list(codec::Element);  // of GET /containers/json
Container read_inspected(codec::Element);          // of GET /containers/{id}/json

// "Up 3 minutes (healthy)", "Exited (137) 2 hours ago": what the list tells only in words.
model::Health health_in(std::string_view status);
std::int64_t exit_code_in(std::string_view status);

// RFC 3339 with nanoseconds to ms; Docker's zero time, and what is no time, is 0.
std::int64_t time_ms(std::string_view);

// Sorted; every address of the node is written "", once, where Docker lists
// 0.0.0.0 and :: apart.
std::vector<model::PublishedPort> tidy(std::vector<model::PublishedPort>);

}  // namespace kontena::engine::docker
