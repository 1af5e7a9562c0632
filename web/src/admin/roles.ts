/** The roles' names in the order of the page of roles. What each may do, the server says. */
export const roleNames = ['organizer', 'toolUser', 'toolAdmin', 'checkuser', 'sender', 'globalSender', 'deliveryApprover', 'moderator', 'superAdmin', 'operator', 'auditor', 'admin', 'integrator', 'helper', 'foundations', 'ux', 'sysadmin'];
