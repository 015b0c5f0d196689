#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kontena/codec/json.h"

// Kept logs: told by agents in batches (logs/batch.h), read by people a JSON object a line.
namespace kontena::api {

struct LogsTaken {  // POST agent_logs
  std::int64_t number = 0;  // batches of that spool are kept up to this one
  std::int64_t refused = 0;  // sections that were not this node's to tell
};

// One of an answer to GET logs; what is empty is left out.
//   ?of=STACK,STACK/SERVICE,STACK/SERVICE-N  ?instance=ID  ?node=NAME  narrow it; of what is there, or was
//   ?since= ?until=  ms since 1970     ?stream=stdout|stderr   ?grep=EXPRESSION
//   ?tail=N          the last ones of each slot of each service
//   ?follow=true     what comes from then on, too
//   ?upto=MARK       nothing later; with what an answer's first record says, a second one is the same as the first
//   ?after=MARK      goes on behind the newest mark that was seen: nothing is lost or doubled between
struct LogLine {
  std::string instance;
  std::string stack;
  std::string service;
  std::int64_t slot = 0;
  std::string node;    // its name
  std::string time;    // RFC 3339, nanoseconds
  std::string stream;  // "stdout", "stderr"; "note": a word of the cluster's own in the log; "" = none of these, but:
  std::string text;
  bool more = false;      // the line goes on with the next of this stream
  std::string error;      // nothing more comes, and why
  std::string warning;    // something may be missing, and why
  std::int64_t upto = 0;  // before lines that are kept: those that had come by then follow, in order of time
  std::int64_t mark = 0;  // with ?follow: all that had come until here was told
};

}  // namespace kontena::api

namespace kontena::codec {

template <>
struct Fields<api::LogsTaken> {
  static void visit(auto& v, auto& s) {
    v("number", s.number);
    v("refused", s.refused);
  }
};

template <>
struct Fields<api::LogLine> {
  static void visit(auto& v, auto& s) {
    v("instance", s.instance);
    v("stack", s.stack);
    v("service", s.service);
    v("slot", s.slot);
    v("node", s.node);
    v("time", s.time);
    v("stream", s.stream);
    v("text", s.text);
    v("more", s.more);
    v("error", s.error);
    v("warning", s.warning);
    v("upto", s.upto);
    v("mark", s.mark);
  }
};

}  // namespace kontena::codec
