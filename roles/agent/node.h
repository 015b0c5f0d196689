#pragma once

#include <functional>
#include <string>

#include "beat.h"
#include "carry_out.h"
#include "clean_up.h"
#include "event_log.h"
#include "image_parts.h"
#include "kontena/base/loop.h"
#include "log_shipping.h"
#include "look.h"
#include "node_stats.h"
#include "observe.h"
#include "overlay.h"
#include "receive.h"
#include "renew.h"
#include "report.h"
#include "streams.h"

namespace kontena::agent {

// A node at work: the parts and their threads.
class Node {
 public:
  struct Parts {
    Context context;
    std::vector<std::unique_ptr<http::Client>> servers;
    Keep keep;
    Remember remember = {};  // none: nothing is remembered
    std::string events_file = {};  // where events wait that are not told yet; "": in memory alone
    CleanUpRules clean_up = {};
    bool stats = false;            // what containers and the node use is told
    Fullness fullness = {};  // none: the disk is never full
    std::size_t cores = 1;
    std::function<std::string(std::size_t server)> address;  // where this node is reached, seen from that server
    std::optional<MeshOptions> mesh = {};                    // none: no network between nodes
    std::unique_ptr<engine::Images> images = {};             // none: all images are the engine's to pull
    std::unique_ptr<engine::Inside> inside = {};             // none: nobody gets into this node's containers
    std::string parts_folder = {};                           // of images, while they come
    std::optional<ContentFolders> content = {};              // none: nothing comes along with deploys
    std::optional<LogOptions> logs = {};                     // none: they are not shipped
    Papers papers = {};                                      // without a certificate in it nothing is renewed
  };
  explicit Node(Parts);
  ~Node() { stop(); }

  void start();
  std::string metrics(const std::string& node_name) const;  // for Prometheus; any thread
  // The loops that do not get on; the service manager's watchdog is told by it.
  std::vector<std::string> stuck() const;
  // Begins nothing more, and waits so long for what has begun. The containers run on.
  void wind_up(Duration limit);
  // Also ends the threads, which takes as long as the longest request under way.
  void stop();

 private:
  void plan();

  Context context_;
  Uplink uplink_;
  EventLog events_;
  std::unique_ptr<OverlayNetwork> overlay_;
  Beat beat_;
  Receive receive_;
  Observe observe_;
  Look look_;
  std::unique_ptr<NodeStats> stats_;
  const std::unique_ptr<engine::Images> images_;
  std::unique_ptr<ImageParts> image_parts_;
  std::unique_ptr<Builds> builds_;
  const std::unique_ptr<engine::Inside> inside_;
  std::unique_ptr<Channels> channels_;
  std::unique_ptr<Content> content_;
  std::unique_ptr<LogShipping> logs_;
  CarryOut carry_out_;
  CleanUp clean_up_;
  Report report_;
  Streams streams_;
  Renew renew_;
  std::int64_t wake_ms_ = 0;  // when to plan at the latest; 0 = when there is a reason; plan()'s
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace kontena::agent
