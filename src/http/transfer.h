#pragma once

#include <curl/curl.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kontena/base/clock.h"
#include "kontena/http/client.h"
#include "pipe_signal.h"

namespace kontena::http {

template <auto release>
struct CurlFree {
  void operator()(auto* object) const { release(object); }
};

// One kept-alive connection and what drives it. Used by one thread at a time.
struct Handle {
  // Closing a connection writes to it. Then in this order: the easy handle is
  // destroyed before the multi handle, that before the guard.
  std::optional<NoPipeSignal> closing;
  std::unique_ptr<CURLM, CurlFree<curl_multi_cleanup>> multi{curl_multi_init()};
  std::unique_ptr<CURL, CurlFree<curl_easy_cleanup>> easy{curl_easy_init()};
  int socket = -1;        // of its connection, where that is TCP
  std::uint64_t way = 0;  // see Ways
  bool way_is_gone = false;  // what was sent last never arrived

  ~Handle() { closing.emplace(); }
  bool good() const { return multi && easy; }
};

// Counts how often the way to the server was found to be gone, as when this host has got
// another address: connections from before are dead, though nobody tells them.
using Ways = std::atomic<std::uint64_t>;

// How one request is to be carried out.
struct Job {
  const Request& request;
  std::optional<Duration> total;            // from now to the end of the answer
  std::optional<Duration> quiet;            // the longest silence; time in on_bytes and next does not count
  const Ways* ways = nullptr;               // where set, a request whose connection is of an earlier one ends
  const Client::Bytes* on_bytes = nullptr;  // where set, gets the body of an answer below 300
  const Client::Pieces* next = nullptr;     // where set, gives the body of the request
};

Result<Response> transfer(const ClientOptions&, Handle&, const Job&);

// What curl's result means for whoever asked. `easy` has just returned it.
Error curl_error(CURL* easy, CURLcode, const ClientOptions&, std::string_view detail);

std::string place_of(const ClientOptions&);  // "https://10.0.0.7:7443", "/run/docker.sock": for messages

}  // namespace kontena::http
