; The firewall of Windows drops what comes in for a program without a rule, and the question it asks is easily dismissed: then
; nothing arrives, and nobody knows why. So the installer asks, and adds the rule only when the user agrees. Adding one needs
; administrator rights, which Windows asks for then; the application itself never needs any.

!define FIREWALL_RULE "Studyport (DICOM)"

!macro customInstall
  ${ifNot} ${isUpdated}
    MessageBox MB_YESNO|MB_ICONQUESTION "Studyport receives studies that other machines send to this one.$\r$\n$\r$\nAllow it through the Windows firewall, in private and domain networks? Windows asks for administrator rights for this. Without it, senders may not be able to reach this computer; you can also allow it later." /SD IDNO IDNO studyport_no_rule
      ; One program, incoming TCP, no public networks. An older rule of the same name goes first.
      ExecShellWait "runas" "$SYSDIR\cmd.exe" '/c ""$SYSDIR\netsh.exe" advfirewall firewall delete rule name="${FIREWALL_RULE}" & "$SYSDIR\netsh.exe" advfirewall firewall add rule name="${FIREWALL_RULE}" dir=in action=allow protocol=TCP profile=private,domain program="$INSTDIR\${APP_EXECUTABLE_FILENAME}" enable=yes"' SW_HIDE
      WriteRegStr SHELL_CONTEXT "Software\${APP_GUID}" "FirewallRule" "yes"
    studyport_no_rule:
  ${endIf}
!macroend

!macro customUnInstall
  ${ifNot} ${isUpdated}
    ReadRegStr $0 SHELL_CONTEXT "Software\${APP_GUID}" "FirewallRule"
    ${if} $0 == "yes"
      ExecShellWait "runas" "$SYSDIR\netsh.exe" 'advfirewall firewall delete rule name="${FIREWALL_RULE}"' SW_HIDE
      DeleteRegValue SHELL_CONTEXT "Software\${APP_GUID}" "FirewallRule"
    ${endIf}
  ${endIf}
!macroend
