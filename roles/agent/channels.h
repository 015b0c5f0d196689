#pragma once

#include "kontena/api/channel.h"
#include "kontena/channel/end.h"
#include "kontena/engine/inside.h"
#include "errands.h"
#include "uplink.h"

namespace kontena::agent {

inline constexpr std::size_t most_channels = 256;

// Ways into this node's containers that people have open: each with two requests to the server, one for each way.
class Channels {
 public:
  Channels(Context context, Uplink& uplink, engine::Inside& inside) : context_(std::move(context)), uplink_(uplink), inside_(inside) {}

  // From its order to its end; on a thread of its own.
  void run(const api::StreamWanted&);

 private:
  // What one is about. What a person has ordered is done in a container of an instance of theirs, which the server has
  // checked; here it is one of this node's.
  struct Work {
    api::ChannelOrder order;
    std::string container;
    channel::End& end;
    Synced<std::string>& exec;  // id of the exec, once it has begun
  };
  void act(const std::string& order, channel::End&, Synced<std::string>& exec);
  Status serve(Work&);
  Result<std::string> container_of(const std::string& instance) const;
  Status exec(Work&);
  Status attach(Work&);
  Status get(Work&);
  Status put(Work&);
  Status dial(Work&);
  // Carries both ways until the stream ends; false: nobody is there any more.
  bool carry(Work&, engine::Conduit&);
  void control(const channel::Frame&, const api::ChannelOrder&, const std::string& container, const std::string& exec);

  Context context_;
  Uplink& uplink_;
  engine::Inside& inside_;
  Synced<std::size_t> running_;
};

// Sends a signal to the group of a process that is in this container; where the number is not one of its
// processes here (an agent in a namespace of its own), Code::failed_precondition.
Status signal_inside(std::int64_t pid, const std::string& container, int number);

// A TCP connection to that port as from inside of the process's network: its loopback, else its other addresses.
Result<std::unique_ptr<engine::Conduit>> dial_inside(std::int64_t pid, int port);

}  // namespace kontena::agent
