#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kontena/api/message_fields.h"
#include "kontena/base/clock.h"
#include "kontena/base/synced.h"
#include "kontena/http/message.h"

namespace kontena::server {

// Brings log streams of agents to the clients that asked for them. A client opens
// a Session and says which instances of which nodes it wants; each node's agent
// learns of it by its long poll and sends the stream by a request of its own.
// Nothing is stored: a slow client slows its agents down, nobody else.
class LogHub {
 public:
  class Session {
   public:
    // What came, waiting up to `limit` for the first; no longer where no stream is open, but for
    // who follows, as others may be asked for yet. Never more than 1,000 at once.
    std::vector<api::LogRecord> next(Duration limit, bool follow = false);
    bool ended() const;  // every stream has ended, and all records were taken
    void close();        // the client has gone: agents are told at their next piece

   private:
    friend class LogHub;
    struct State {
      std::deque<api::LogRecord> records;
      std::set<std::string> open;  // streams that did not end yet
      bool closed = false;
    };
    mutable Synced<State> state_;
  };

  // What is known of the instance, to fill into each record.
  struct Source {
    std::string by_node;  // GRID/NODE
    std::string stack;
    std::string service;
    std::string node;  // name
    std::int64_t slot = 0;
  };

  std::shared_ptr<Session> open();
  // Asks the node for a stream; `wanted.stream` must be a fresh id. The caller nudges the node.
  void ask(const std::shared_ptr<Session>&, const Source&, api::StreamWanted wanted);
  // Has streams that no agent sends yet handed out once more: the poll that took them may have been a dead one's.
  // The caller nudges the node.
  void ask_again(const std::shared_ptr<Session>&);
  // Gives up on streams that no agent has taken up, with an error record for each.
  void give_up(const std::shared_ptr<Session>&);

  // For the agent's poll: what is wanted of it and was not handed out yet.
  std::vector<api::StreamWanted> take(const std::string& by_node);
  // The agent's end: passes the upload on until it ends or the client has gone.
  // Code::not_found for a stream that nobody waits for (any more).
  Status feed(const std::string& stream, const std::string& by_node, http::Upload&);

 private:
  struct Stream {
    std::weak_ptr<Session> session;
    Source source;
    api::StreamWanted wanted;
    bool handed_out = false;
    bool fed = false;
  };
  void push(Session&, api::LogRecord);
  void end(Session&, const std::string& stream);

  Synced<std::map<std::string, Stream>> streams_;
};

}  // namespace kontena::server
