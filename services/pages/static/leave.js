// Signed out here: the sign-in service is told without another click.
document.getElementById("leave").requestSubmit();
