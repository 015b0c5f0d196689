#pragma once

#include "log_collector.h"
#include "uplink.h"

namespace kontena::agent {

// Sends what waits in the spool to the server, one batch after the other, each until it is acknowledged.
class LogSender {
 public:
  LogSender(Context context, Uplink& uplink, LogSpool& spool, LogCollector& collector)
      : context_(std::move(context)), uplink_(uplink), spool_(spool), collector_(collector) {}

  void step();  // one batch, and after a failure the wait until it is tried again

 private:
  void send(const LogSpool::Waiting&);
  void refused(const LogSpool::Waiting&, const Error&);
  void pause(Duration);

  Context context_;
  Uplink& uplink_;
  LogSpool& spool_;
  LogCollector& collector_;
  int failures_ = 0;  // in a row
  bool told_ = false;
};

}  // namespace kontena::agent
