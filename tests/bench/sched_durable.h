#pragma once

#include <string>

#include "sched_cluster.h"

namespace kontena::bench {

struct Durable {
  std::string folder;   // of the database
  int one_more = 0;     // so many times, one replica more for some service
  bool reopen = false;  // the folder has a cluster already: load it, and say what it takes
};

// The server without its sockets on a real database: the stacks are written, and
// then the deployments' loop places, commits and publishes, until one who follows
// the views has seen every instance listed by its node. Returns the exit status.
int run_durable(const Size&, const Durable&);

}  // namespace kontena::bench
