#pragma once

#include <optional>
#include <string_view>

#include "kontena/base/clock.h"
#include "kontena/base/settings.h"

namespace kontena {

// Tells the service manager (systemd, Type=notify) how we are: "READY=1",
// "STATUS=…", "STOPPING=1"; several are separated by line ends. Does nothing where
// no service manager asked for it. Safe from any thread.
void notify_service(std::string_view state);

// How often the service manager's watchdog is to hear "WATCHDOG=1" from this process:
// half of what WatchdogSec= grants. None where it does not watch us.
std::optional<Duration> watchdog_period(const settings::Environment&);

}  // namespace kontena
