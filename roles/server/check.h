#pragma once

#include <span>
#include <string>
#include <vector>

#include "kontena/store/store.h"

// `kontena server check`: looks through the data of a stopped server.
namespace kontena::server {

// `kontena server check [--data-dir DIR]`, the arguments being those after `check`.
// Returns the exit status: 0, or 10 where something is wrong.
int run_check(std::span<const std::string> arguments);

struct Finding {
  std::string key;   // of a record, or a file
  std::string what;
};
struct Checked {
  std::int64_t records = 0;
  std::vector<Finding> findings;  // in order of key
};

// Every record is decoded, and what it refers to looked for.
Checked check_store(store::Store&);

}  // namespace kontena::server
