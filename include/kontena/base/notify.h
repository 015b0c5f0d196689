#pragma once

#include <string_view>

namespace kontena {

// Tells the service manager (systemd, Type=notify) how we are: "READY=1",
// "STATUS=…", "STOPPING=1"; several are separated by line ends. Does nothing where
// no service manager asked for it. Safe from any thread.
void notify_service(std::string_view state);

}  // namespace kontena
